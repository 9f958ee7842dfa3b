"""Pictures arrive exactly as they were, whatever changed; and whatever else arrives, the decoder survives it."""

import contextlib
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relay_client.screen.changes import TILE_WIDTH, Picture, changed_rects, scroll
from relay_client.screen.decoder import Decoder
from relay_client.screen.encoder import Encoder
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.screen import Rect, Update, pack, pixels_of, unpack


def noise(height: int, width: int, seed: int = 7) -> Picture:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    picture[:, :, 3] = 255
    return picture


def text_page(height: int, width: int) -> Picture:
    """Something like lines of writing: rows that differ, most of it paper."""
    numbers = np.random.default_rng(height * width)
    picture = np.full((height, width, 4), 255, np.uint8)
    for top in range(4, height - 14, 18):
        picture[top : top + 12, 10 : width - 10, :3] = numbers.choice([0, 255], (12, width - 20, 1), p=[0.3, 0.7])
    return picture


def sent(encoder: Encoder, decoder: Decoder, picture: Picture) -> Update | None:
    packed = encoder.encode(picture)
    if packed is None:
        return None
    update, _ = decoder.apply(packed)
    return update


@pytest.mark.parametrize("size", [(1, 1), (31, 63), (32, 64), (33, 65), (200, 300)])
def test_the_first_picture_arrives_whole(size: tuple[int, int]) -> None:
    picture, decoder = noise(*size), Decoder()
    sent(Encoder(), decoder, picture)
    assert np.array_equal(decoder.picture, picture)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 149), st.integers(0, 199), st.integers(1, 90), st.integers(1, 90)), max_size=6)
)
def test_every_change_arrives_exactly(changes: list[tuple[int, int, int, int]]) -> None:
    encoder, decoder, picture = Encoder(), Decoder(), text_page(150, 200)
    sent(encoder, decoder, picture)
    for y, x, high, wide in changes:
        part = picture[y : y + high, x : x + wide]
        part[:] = noise(*part.shape[:2])
        sent(encoder, decoder, picture)
        assert np.array_equal(decoder.picture, picture)


def test_nothing_is_sent_when_nothing_changed() -> None:
    encoder, picture = Encoder(), text_page(64, 64)
    encoder.encode(picture)
    assert encoder.encode(picture.copy()) is None


@pytest.mark.parametrize("step", [-120, -37, -1, 1, 37, 120])
def test_a_scrolled_page_is_copied_and_not_sent_again(step: int) -> None:
    page = text_page(1400, 400)
    encoder, decoder = Encoder(), Decoder()
    sent(encoder, decoder, page[400:1000].copy())
    update = sent(encoder, decoder, page[400 + step : 1000 + step].copy())
    assert np.array_equal(decoder.picture, page[400 + step : 1000 + step])
    assert update is not None
    assert len(update.copies) == 1
    assert pixels_of(update.rects) <= (abs(step) + 96) * 448


def test_a_scrolled_part_between_still_borders_is_copied_too() -> None:
    page, frame = text_page(1000, 256), text_page(600, 512)
    before, after = frame.copy(), frame.copy()
    before[64:564, 128:384] = page[0:500]
    after[64:564, 128:384] = page[40:540]
    encoder, decoder = Encoder(), Decoder()
    sent(encoder, decoder, before)
    update = sent(encoder, decoder, after)
    assert np.array_equal(decoder.picture, after)
    assert update is not None
    assert update.copies


def test_a_new_page_is_not_taken_for_a_scrolled_one() -> None:
    assert scroll(noise(300, 200), noise(300, 200, seed=8), Rect(0, 0, 200, 300)) is None


def test_a_new_size_begins_anew() -> None:
    encoder, decoder = Encoder(), Decoder()
    for picture in (noise(40, 50), noise(90, 20), noise(20, 90)):
        update = sent(encoder, decoder, picture)
        assert update is not None
        assert update.key
        assert np.array_equal(decoder.picture, picture)


def test_a_small_change_costs_its_tile_only() -> None:
    old = noise(320, 640)
    new = old.copy()
    new[100, 70] ^= 255
    assert changed_rects(old, new) == (Rect(TILE_WIDTH, 96, TILE_WIDTH, 32),)


def test_a_missing_update_is_noticed_and_a_key_update_heals() -> None:
    encoder, decoder, picture = Encoder(), Decoder(), noise(64, 64)
    sent(encoder, decoder, picture)
    picture[0, 0, :3] ^= 255
    encoder.encode(picture)
    picture[0, 1, :3] ^= 255
    with pytest.raises(BanwenError) as caught:
        sent(encoder, decoder, picture)
    assert caught.value.code is ErrorCode.CORRUPT
    assert decoder.lost
    key = encoder.encode(picture, key=True)
    assert key is not None
    decoder.apply(key)
    assert np.array_equal(decoder.picture, picture)


def test_a_piece_that_unpacks_to_more_than_announced_is_stopped_early() -> None:
    import zstandard

    bomb = zstandard.ZstdCompressor().compress(bytes(400_000_000))
    started = time.perf_counter()
    with pytest.raises(BanwenError, match="画面"):
        Decoder().apply(pack(Update(1, True, 64, 64, rects=(Rect(0, 0, 64, 64),), data=bomb)))
    assert time.perf_counter() - started < 1.0


@settings(max_examples=300)
@given(st.data())
def test_changed_bytes_never_break_the_decoder(data: st.DataObject) -> None:
    encoder, decoder, picture = Encoder(), Decoder(), text_page(96, 128)
    first = encoder.encode(picture)
    assert first is not None
    decoder.apply(first)
    picture[40:60, 10:90] = noise(20, 80)
    packed = bytearray(encoder.encode(picture) or b"")
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BanwenError):
        decoder.apply(bytes(packed))
    assert decoder.picture.shape[0] * decoder.picture.shape[1] <= 7680 * 4320


@given(st.binary(max_size=400))
def test_garbage_leaves_only_typed_errors(data: bytes) -> None:
    with contextlib.suppress(BanwenError):
        unpack(data)
