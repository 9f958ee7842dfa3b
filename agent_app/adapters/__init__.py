"""What fulfils ports.py with real networks, files and keys; named by app.py only."""
