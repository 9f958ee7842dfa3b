"""Where the outside reaches the relay: HTTP, pages and three kinds of WebSocket link."""
