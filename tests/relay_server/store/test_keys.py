"""Keys: what is sealed opens at its place, for its person, under its master key, and nowhere else."""

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import Stream
from relay_server.store import keys
from relay_server.store.keys import Keyring, check_master, new_master

ONE, TWO = Stream("consultation/1"), Stream("consultation/2")


def refused(work: object) -> ErrorCode:
    """Return the code with which something is refused."""
    assert callable(work)
    with pytest.raises(BanwenError) as caught:
        work()
    return caught.value.code


def test_what_is_sealed_opens_at_its_place_only() -> None:
    ring = Keyring(new_master())
    cipher = ring.cipher("t1", ring.make("t1"))
    sealed = cipher.seal("税号 9136".encode(), ONE, 7)
    assert cipher.open(sealed, ONE, 7).decode() == "税号 9136"
    assert "税号".encode() not in sealed
    for stream, seq in ((ONE, 8), (TWO, 7)):
        assert refused(lambda stream=stream, seq=seq: cipher.open(sealed, stream, seq)) is ErrorCode.CORRUPT


def test_the_same_words_are_never_sealed_alike() -> None:
    ring = Keyring(new_master())
    cipher = ring.cipher("t1", ring.make("t1"))
    assert len({cipher.seal(b"same", ONE, 1) for _ in range(100)}) == 100


@pytest.mark.parametrize("place", [0, 5, 12, 20, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    ring = Keyring(new_master())
    cipher = ring.cipher("t1", ring.make("t1"))
    sealed = bytearray(cipher.seal(b"words of a person", ONE, 1))
    sealed[place] ^= 1
    assert refused(lambda: cipher.open(bytes(sealed), ONE, 1)) is ErrorCode.CORRUPT
    assert refused(lambda: cipher.open(b"", ONE, 1)) is ErrorCode.CORRUPT


def test_a_wrapped_key_is_its_persons_and_its_masters() -> None:
    ring, other = Keyring(new_master()), Keyring(new_master())
    wrapped = ring.make("t1")
    assert refused(lambda: ring.cipher("t2", wrapped)) is ErrorCode.CORRUPT
    assert refused(lambda: other.cipher("t1", wrapped)) is ErrorCode.CORRUPT
    assert refused(lambda: check_master(ring.fingerprint, other)) is ErrorCode.CORRUPT
    check_master(ring.fingerprint, ring)


def test_only_so_many_keys_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "REMEMBERED", 3)
    ring = Keyring(new_master())
    wrapped = {name: ring.make(name) for name in "abcde"}
    sealed = {name: ring.cipher(name, key).seal(name.encode(), ONE, 1) for name, key in wrapped.items()}
    assert len(ring._known) == 3
    assert all(ring.cipher(name, key).open(sealed[name], ONE, 1) == name.encode() for name, key in wrapped.items())


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_master_key_of_another_size_is_none(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Keyring(b"k" * size)
