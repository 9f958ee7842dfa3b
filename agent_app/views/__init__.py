"""What the agent sees: windows that show state and emit wishes."""
