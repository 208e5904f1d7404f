"""The web page: a client of the gRPC API, and of nothing else of ours."""
