"""What the workbench does for its agent: plain async functions over the interfaces of ports.py."""
