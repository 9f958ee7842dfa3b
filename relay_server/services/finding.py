"""What was found in an uploaded file."""

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """What a file is. `size` in bytes as it is kept, `width` and `height` in pixels, 0 for what is no picture.

    `seconds` is how long a recording is.
    """

    media_type: str
    size: int
    width: int = 0
    height: int = 0
    seconds: float = 0.0
