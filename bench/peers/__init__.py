"""What the relay is compared with: each module starts one server on loopback and drives chats through it."""
