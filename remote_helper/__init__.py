"""The taxpayer's helper for remote assistance: it asks, shows and obeys only what was granted.

- `app`, `cli`         put it together; `trust` holds the one root it was built with
- `views/`             what the taxpayer sees: code, question, border, bar, goodbye
- `session`            one assistance, judged by `relay_protocol.assist`; its parts are `path` (to the workbench),
  `pictures` (out), `inputs` (in), `reports` (to the relay), `record` (for the taxpayer)
- `guard`              the one pure judge before every injected event
- `capture/`, `control/`  the screen, in a process of its own; hand and clipboard
- `joining`, `parts`, `spawn`, `logs`  from a code to a live link; own processes; own tasks; own logs
"""
