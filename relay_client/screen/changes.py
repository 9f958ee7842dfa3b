"""Which rectangles differ between two pictures ((height, width, 4) uint8), and whether a part scrolled."""

import numpy as np
from numpy.typing import NDArray

from relay_protocol.screen import Copy, Rect

Picture = NDArray[np.uint8]

TILE_WIDTH = 64
TILE_HEIGHT = 32
SCROLL_ROWS = 96
"""A change lower than this is cheaper to send than to search."""
SCROLL_SHARE = 0.4
"""How much of the changed rows must be found elsewhere before it counts as scrolled."""

_ODD = np.uint64(0x9E3779B97F4A7C15)


def changed_rects(old: Picture, new: Picture) -> tuple[Rect, ...]:
    """Return rectangles that cover everything that differs; both pictures have the same shape."""
    differs = old.view(np.uint32)[:, :, 0] != new.view(np.uint32)[:, :, 0]
    rows = np.flatnonzero(differs.any(axis=1))
    if not rows.size:
        return ()
    top = int(rows[0]) // TILE_HEIGHT * TILE_HEIGHT
    band = differs[top : int(rows[-1]) + 1]
    height, width = band.shape
    tiles = np.logical_or.reduceat(band, np.arange(0, height, TILE_HEIGHT), axis=0)
    tiles = np.logical_or.reduceat(tiles, np.arange(0, width, TILE_WIDTH), axis=1)
    return _merge(tiles, top, new.shape[0], new.shape[1])


def _merge(tiles: NDArray[np.bool_], top: int, height: int, width: int) -> tuple[Rect, ...]:
    """Join neighbouring tiles of a row, then equal runs of neighbouring rows."""
    done: list[Rect] = []
    growing: dict[tuple[int, int], Rect] = {}
    for index, row in enumerate(tiles):
        y = top + index * TILE_HEIGHT
        high = min(TILE_HEIGHT, height - y)
        runs = _runs(row)
        done += [rect for run, rect in growing.items() if run not in runs]
        growing = {run: _grown(growing.get(run), run, y, high, width) for run in runs}
    return (*done, *growing.values())


def _grown(rect: Rect | None, run: tuple[int, int], y: int, high: int, width: int) -> Rect:
    if rect is not None:
        return rect._replace(height=rect.height + high)
    x = run[0] * TILE_WIDTH
    return Rect(x, y, min(run[1] * TILE_WIDTH, width) - x, high)


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the runs of True as (first, behind the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row.view(np.int8), [0]))))
    return [(int(first), int(behind)) for first, behind in zip(edges[::2], edges[1::2], strict=True)]


def scroll(old: Picture, new: Picture, around: Rect) -> Copy | None:
    """Return the vertical move that explains most of what changed inside `around`, if one does."""
    if around.height < SCROLL_ROWS:
        return None
    before, after = (_row_hashes(picture, around) for picture in (old, new))
    moved = np.flatnonzero(before != after)
    order = np.argsort(before, kind="stable")
    place = order[np.searchsorted(before, after[moved], sorter=order).clip(0, order.size - 1)]
    found = before[place] == after[moved]
    if found.sum() < SCROLL_SHARE * moved.size:
        return None
    steps, votes = np.unique(place[found] - moved[found], return_counts=True)
    step = int(steps[votes.argmax()])
    if step == 0 or votes.max() < SCROLL_SHARE * moved.size:
        return None
    fitting = moved[(moved + step >= 0) & (moved + step < around.height)]
    fitting = fitting[before[fitting + step] == after[fitting]]
    first, last = int(fitting[0]), int(fitting[-1])
    y = around.y + first
    return Copy(around.x, y, around.width, last - first + 1, around.x, y + step)


def _row_hashes(picture: Picture, around: Rect) -> NDArray[np.uint64]:
    """Return one hash per row of the rectangle; a collision costs bytes, never truth: what is copied is compared."""
    part = picture[around.y : around.y + around.height, around.x : around.x + around.width]
    pixels = part.view(np.uint32)[:, :, 0].astype(np.uint64)
    weights = (np.arange(around.width, dtype=np.uint64) * np.uint64(2) + np.uint64(1)) * _ODD
    hashes: NDArray[np.uint64] = (pixels * weights).sum(axis=1)
    return hashes


def bounds(rects: tuple[Rect, ...]) -> Rect:
    """Return the smallest rectangle around at least one."""
    left, top = min(rect.x for rect in rects), min(rect.y for rect in rects)
    right = max(rect.x + rect.width for rect in rects)
    bottom = max(rect.y + rect.height for rect in rects)
    return Rect(left, top, right - left, bottom - top)


def apply_copy(picture: Picture, copy: Copy) -> None:
    """Move pixels within the picture; source and target may overlap."""
    source = picture[copy.from_y : copy.from_y + copy.height, copy.from_x : copy.from_x + copy.width].copy()
    picture[copy.y : copy.y + copy.height, copy.x : copy.x + copy.width] = source
