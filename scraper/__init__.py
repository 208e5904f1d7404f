"""From the outside world into the store: forums, the Hub, and files."""
