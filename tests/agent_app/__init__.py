"""Tests of the workbench: pure state, every view, and whole flows over real sockets."""
