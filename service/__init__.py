"""gRPC over the store and a bundle: classification, trends, threads, health and reflection."""
