"""Drill: scripted taxpayers and agents against a running relay, for training and for load."""
