"""From text to vectors, labels, topics and mentions; knows the store, no HTTP and no gRPC."""
