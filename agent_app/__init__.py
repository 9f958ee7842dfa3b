"""The agent's workbench."""
