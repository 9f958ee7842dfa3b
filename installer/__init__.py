"""What turns the packages into things people install."""
