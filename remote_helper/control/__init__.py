"""The only room that makes input: keys, buttons, text as the guard admitted them; here the person's hand is heard too.

- `base`           what every platform offers
- `hand`           joins guard, injector and clipboard on one thread; `revoke` lives here
- `platform`       chooses for the machine we run on
- `x11`, `x11_keys`, `x11_person`              Linux desktops with X11
- `x11_paste`, `x11_keeper`, `x11_selection`   write-only paste on X11, and who keeps the person's clipboard meanwhile
"""
