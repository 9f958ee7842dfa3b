"""What the agent sees: windows that show state and emit wishes. No network, event loop or decisions here.

- `theme`, `icons`     design tokens, the style sheet made of them, and the icons in icons/
- `wishes`             everything a view can ask for, as typed values
- `login`, `window`    the two windows; `window` is made of `top_bar`, `sidebar`, `chat` and `side_panel`
- `remote`             the taxpayer's screen, with `screen` (the picture) and `keys` (Qt keys to keysyms)
"""
