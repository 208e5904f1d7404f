"""What is told to others: digests, alerts and a feed."""
