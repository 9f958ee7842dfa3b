"""What the workbench knows: pure reducers that turn events into state and changes."""
