"""How a program joins a relay; the workbench and the helper share it.

- `link`      a connection that comes back by itself, over websockets
- `http`      the few things asked over HTTP: log in, redeem a code, upload, download
- `rtc`       the direct, end-to-end encrypted path between helper and workbench
- `assist`    the workbench's half of a remote assistance
- `identity`  the bureau's root, and keys and certificates of agents
- `screen/`   codecs of the screen path
"""
