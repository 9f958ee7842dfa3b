"""Frames that are none, for every decoder of the protocol: what a broken or hostile peer may send.

`python -m tests.property.malformed DECODER RUNS` lets atheris (libFuzzer) search for input that a decoder does not
answer with a typed error. It ends the process itself; a finding ends it with a trace.
"""

import random
import sys
from collections.abc import Callable

from relay_protocol import codec, screen
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import AgentFrame, HelperFrame, RelayFrame, TaxpayerFrame, channel
from relay_protocol.screen import Assembler
from tests.relay_protocol.samples import kinds, sample

TYPED = frozenset({ErrorCode.MALFORMED, ErrorCode.TOO_LARGE, ErrorCode.CORRUPT, ErrorCode.UNSUPPORTED})
JSON_PARTS = (b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"1e999", b"-0", b"\\u0000", b"\\ud800", b"\xff")

DECODERS: dict[str, Callable[[bytes], object]] = {
    "taxpayer": codec.Reader[object](TaxpayerFrame).read,
    "agent": codec.Reader[object](AgentFrame).read,
    "helper": codec.Reader[object](HelperFrame).read,
    "relay": codec.Reader[object](RelayFrame).read,
    "to-helper": channel.helper_reader().read,
    "to-workbench": channel.workbench_reader().read,
    "screen": screen.unpack,
    "chunks": lambda data: Assembler().add(data),
}


def wholes(decoder: str) -> list[bytes]:
    """Return well-formed input to begin with."""
    if decoder not in ("screen", "chunks"):
        return [codec.encode(sample(kind)) for kind in kinds()]
    copies, rects = (screen.Copy(0, 0, 8, 8, 4, 4),), (screen.Rect(0, 0, 16, 16),)
    packed = screen.pack(screen.Update(1, True, 640, 480, copies, rects, b"pixels", screen.Point(3, 4)))
    return [packed] if decoder == "screen" else list(screen.chunks(packed, 1))


def spoil(frame: bytes, other: bytes, dice: random.Random) -> bytes:
    """Return the frame with one to four mistakes."""
    data = bytearray(frame)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << dice.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = dice.choice(JSON_PARTS)
            case 3:
                data[at:] = other[dice.randrange(len(other) + 1) :]
            case 4:
                data[at : at + dice.randint(1, 20)] = dice.randbytes(dice.randint(0, 8))
            case _:
                data[at:at] = dice.choice(JSON_PARTS) * dice.randint(1, 300)
    return bytes(data)


def read(decoder: str, data: bytes) -> None:
    """Let a decoder read it. Raise whatever is not a typed error."""
    try:
        DECODERS[decoder](data)
    except BanwenError as error:
        if error.code not in TYPED:
            raise


def main(decoder: str, runs: int) -> None:
    """Search with atheris."""
    import atheris

    atheris.instrument_func(DECODERS[decoder])
    atheris.Setup([sys.argv[0], f"-runs={runs}", "-max_len=4096", "-verbosity=0"], lambda data: read(decoder, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
