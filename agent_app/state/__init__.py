"""What the workbench knows, as frozen values, and the pure functions that move it. No clock, window or network here.

- `rows`          one line of a transcript, and the sentences that events become
- `consultation`  one consultation, folded from its events
- `assist`        how far a remote assistance has come
- `workbench`     all of it together: `apply(state, message, now) -> (state, changes)`
- `acts`          what the agent's own hand changes at once: local echo, looking, drafts
- `wrap_up`       小结: catalogue, draft, what is still missing
- `timers`        how long somebody has waited, and how bad that is
"""
