"""Power cuts without pulling a plug: what the store writes and syncs is recorded, and any moment can be made a disk.

What is simulated: the machine stops at a random record of the whole order of writes, truncations and syncs of the
database file and its write-ahead log. What a file's last sync covered is on the disk. Of what came after it, every
512-byte sector is there or not by a throw of the dice, whatever its order; a write that extends a file leaves zeros
where its sectors are missing; a truncation happened or did not. What is not: sectors that are torn within themselves,
a disk that lies about syncs, a directory that forgets a file (both files exist from the start and stay).
"""

import random
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEAD = struct.Struct("<cHQI")
SECTOR = 512
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Record:
    """One thing the program did; see record.c."""

    kind: bytes
    name: str
    offset: int
    data: bytes


@dataclass
class Disk:
    """What the files hold for certain, and what was done to each since its last sync."""

    certain: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[Record]] = field(default_factory=dict)

    def do(self, record: Record) -> None:
        """Take the next record."""
        if record.kind == b"S":
            file = self.certain.setdefault(record.name, bytearray())
            for earlier in self.pending.pop(record.name, []):
                _apply(file, earlier, None)
        elif record.kind == b"D":
            self.certain.pop(record.name, None)
            self.pending.pop(record.name, None)
        elif record.kind in b"WT":
            self.pending.setdefault(record.name, []).append(record)

    def after_a_cut(self, dice: random.Random) -> dict[str, bytearray]:
        """Return what the disk may hold if the power fails now."""
        files = {name: bytearray(data) for name, data in self.certain.items()}
        for name, records in self.pending.items():
            file = files.setdefault(name, bytearray())
            for record in records:
                _apply(file, record, dice)
        return files


def _apply(file: bytearray, record: Record, dice: random.Random | None) -> None:
    """Do it to the file; with dice, sector by sector or not at all."""
    if record.kind == b"T":
        if dice is None or dice.random() < 0.5:
            del file[record.offset :]
        return
    step = SECTOR if dice is not None else max(1, len(record.data))
    for start in range(0, len(record.data), step):
        if dice is not None and dice.random() < 0.5:
            continue
        part, at = record.data[start : start + step], record.offset + start
        if len(file) < at:
            file.extend(bytes(at - len(file)))
        file[at : at + len(part)] = part


def compile_recorder(folder: Path) -> Path:
    """Build the recorder."""
    library = folder / "record.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, HERE / "record.c", "-ldl"], check=True)
    return library


def records(file: Path) -> Iterator[Record]:
    """Read a recording; a record that was being written when the program was ended is left out."""
    data, at = file.read_bytes(), 0
    while at + HEAD.size <= len(data):
        kind, name_length, offset, size = HEAD.unpack_from(data, at)
        name_at = at + HEAD.size
        data_at = name_at + name_length
        at = data_at + size
        if at > len(data):
            return
        yield Record(kind, data[name_at:data_at].decode(), offset, data[data_at:at])
