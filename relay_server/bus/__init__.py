"""How the relay's parts hear of each other: `base` says what a bus does; `local` within one process, `nats` beyond."""
