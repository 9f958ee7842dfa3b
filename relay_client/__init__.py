"""How a program joins a relay: the resumable link, the peer connection, uploads."""
