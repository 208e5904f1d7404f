"""One module a page: what is asked of the API, and what is shown of the answers."""
