"""Statistics of monthly series: plain values in, plain values out."""
