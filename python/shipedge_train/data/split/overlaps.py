"""Pairs of overlapping images among many, found without comparing each with each.

Blocks that agree in four given symbols meet in a table (sorted keys); 64 tables ask for 64 different fours. Blocks that
met are compared symbol by symbol, and the images they belong to in everything they would share. Two images that
did not meet, but both overlap a third, are compared too: the third says how they lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from shipedge_train.data.split.signature import SIDE, SYMBOLS, UNSURE, solid

TABLES = 64
_KEY = 4  # symbols of a key: a million different ones, so in the whole Airbus set a block meets two or three by chance
_REACH = 64  # within a table a block meets so many others at most; copies of one image form a chain
_BLOCK_AGREES = 24  # of 128 symbols, of the two blocks that met
_BASE, _EACH = 20, 16  # images overlap when they agree in 20 + 16 for each shared block
_CHUNK = 1 << 18  # pairs compared at a time: 128 bytes twice for each

Symbols = NDArray[np.uint8]
Pairs = NDArray[np.int64]


def find_overlaps(symbols: Symbols, progress: Callable[[int], object] = lambda done: None) -> Pairs:
    """Overlapping images by their symbols.

    Args:
        symbols: (n, 9, 128) from `signature.sign`.
        progress: called with the number of tables just finished.

    Returns:
        (m, 4): i, j, dy, dx with i < j, sorted: image j lies dy rows and dx columns of blocks below and right of i,
        each -2..2.
    """
    blocks = np.flatnonzero(~solid(symbols).ravel())
    rows = symbols.reshape(-1, SYMBOLS)
    found = np.empty(0, np.int64)
    for table in range(TABLES):
        chosen = np.random.default_rng((table, SYMBOLS)).permutation(SYMBOLS)[:_KEY]
        new = [_codes(first, second, len(symbols)) for first, second in _met(rows, blocks, chosen)]
        found = _distinct(np.concatenate([found, *new]))
        progress(1)
    direct = _checked(symbols, _decoded(found, len(symbols)))
    more = _through_a_third(direct, len(symbols))
    more = more[~np.isin(more, found, kind="sort")]
    pairs = np.concatenate([direct, _checked(symbols, _decoded(more, len(symbols)))])
    return pairs[np.lexsort(pairs.T[::-1])]


def shared_blocks(dy: int, dx: int) -> tuple[list[int], list[int]]:
    """Block numbers of the shared area: in the first image, and in one that lies (dy, dx) blocks from it."""
    first = [
        row * SIDE + column
        for row in range(max(0, dy), min(SIDE, SIDE + dy))
        for column in range(max(0, dx), min(SIDE, SIDE + dx))
    ]
    return first, [block - dy * SIDE - dx for block in first]


def _met(rows: Symbols, blocks: Pairs, chosen: NDArray[np.intp]) -> Iterator[tuple[Pairs, Pairs]]:
    """Pairs of blocks with equal keys that agree well enough, in any order."""
    keys = np.zeros(len(blocks), np.int32)
    sure = np.ones(len(blocks), np.bool_)
    for column in chosen:
        symbol = rows[blocks, column]
        sure &= symbol != UNSURE
        keys = keys * 32 + symbol
    order = np.flatnonzero(sure)
    order = order[np.argsort(keys[order], kind="stable")]
    keys, members = keys[order], blocks[order]
    for step in range(1, _REACH + 1):
        same = np.flatnonzero(keys[step:] == keys[:-step])
        if not same.size:
            return
        for start in range(0, len(same), _CHUNK):
            at = same[start : start + _CHUNK]
            first, second = members[at], members[at + step]
            good = _agreement(rows[first], rows[second]) >= _BLOCK_AGREES
            good &= first // SIDE**2 != second // SIDE**2
            yield first[good], second[good]


def _agreement(first: Symbols, second: Symbols) -> NDArray[np.int64]:
    """In how many sure symbols two blocks agree: (m, 128) twice -> (m,)."""
    return np.asarray(np.count_nonzero((first == second) & (first != UNSURE), axis=1), np.int64)


def _codes(first: Pairs, second: Pairs, count: int) -> Pairs:
    """Pairs of blocks -> one number for each pair of images and how they lie."""
    (i, at_i), (j, at_j) = divmod(first, SIDE**2), divmod(second, SIDE**2)
    return _coded(i, j, at_i // SIDE - at_j // SIDE, at_i % SIDE - at_j % SIDE, count)


def _coded(i: Pairs, j: Pairs, dy: Pairs, dx: Pairs, count: int) -> Pairs:
    """Distinct codes of image j lying (dy, dx) blocks from image i, in either order."""
    sign = np.where(i < j, np.int64(1), np.int64(-1))
    images = np.minimum(i, j) * count + np.maximum(i, j)
    return _distinct(np.asarray(images * 25 + (sign * dy + 2) * 5 + sign * dx + 2, np.int64))


def _through_a_third(pairs: Pairs, count: int) -> Pairs:
    """Codes of images that overlap one image and so must overlap each other."""
    both = np.concatenate([pairs, pairs[:, [1, 0, 2, 3]] * (1, 1, -1, -1)])
    both = both[np.argsort(both[:, 0], kind="stable")]
    found = np.empty(0, np.int64)
    for step in range(1, _REACH + 1):
        same = np.flatnonzero(both[step:, 0] == both[:-step, 0])
        if not same.size:
            break
        first, second = both[same], both[same + step]
        dy, dx = (second[:, axis] - first[:, axis] for axis in (2, 3))
        near = (np.abs(dy) <= 2) & (np.abs(dx) <= 2) & (first[:, 1] != second[:, 1])
        new = _coded(first[near, 1], second[near, 1], dy[near], dx[near], count)
        found = _distinct(np.concatenate([found, new]))
    return found


def _distinct(codes: Pairs) -> Pairs:
    """Sorted without repetition: np.unique of NumPy 2.3 and later hashes, and takes minutes on such numbers."""
    codes = np.sort(codes)
    return codes[np.diff(codes, prepend=-1) > 0]


def _decoded(codes: Pairs, count: int) -> Pairs:
    """The opposite of `_codes`: (m, 4)."""
    images, offset = divmod(codes, 25)
    return np.stack([*divmod(images, max(count, 1)), offset // 5 - 2, offset % 5 - 2], axis=1)


def _checked(symbols: Symbols, pairs: Pairs) -> Pairs:
    """Those pairs that agree in the whole area they would share; solid blocks of it do not count."""
    textured = ~solid(symbols)
    good = np.zeros(len(pairs), np.bool_)
    for dy, dx in np.ndindex(5, 5):
        ours, theirs = shared_blocks(dy - 2, dx - 2)
        these = np.flatnonzero((pairs[:, 2] == dy - 2) & (pairs[:, 3] == dx - 2))
        for start in range(0, len(these), _CHUNK // len(ours)):
            at = these[start : start + _CHUNK // len(ours)]
            i, j = pairs[at, 0], pairs[at, 1]
            margin = np.full(len(at), -_BASE)
            for a, b in zip(ours, theirs, strict=True):
                both = textured[i, a] & textured[j, b]
                margin += both * (_agreement(symbols[i, a], symbols[j, b]) - _EACH)
            good[at] = margin >= 0
    return pairs[good]
