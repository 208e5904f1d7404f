"""The report: what the store says of a period, as one page that can be mailed and as tables."""
