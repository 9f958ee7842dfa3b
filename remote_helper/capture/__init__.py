"""The taxpayer's screen, captured and encoded in a process of its own, so that neither ever delays a revoke.

- `base`     what the session needs of a capture
- `process`  starts the process and asks it for one update after the other
- `worker`   what runs there: grab, encode, hand over
- `screens`  grabbing one desktop: mss everywhere, with XDamage to know when it is worth it
"""
