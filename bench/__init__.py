"""One module per promise: `python -m bench.NAME` prints a table, `--json` one JSON object, `--quick` a smoke run."""
