"""The dictionary all programs speak: every fact that crosses a wire is one frozen type here, and nowhere else.

- `ids`       how things are named: time-ordered identifiers, streams
- `errors`    one error base with a code enum shared with the wire
- `messages`  the messages themselves, one family per file
- `codec`     bytes to messages and back; unknown types are skipped and counted
- `version`   which protocol two programs can speak together
- `link`      the pure machine of a connection: hello, resume, acknowledge, heartbeat, back off
- `assist`    the pure machine of a remote assistance: ask, consent, grant, revoke
- `binding`   who signs which fingerprint, and how that is checked; `certificates` whose key it is that signs
- `screen`    how screen updates are framed (no codecs)
- `document`  writes docs/protocol.md from the types

This package is the floor: it imports nothing of ours, and nothing that touches a clock, a socket or a window.
"""
