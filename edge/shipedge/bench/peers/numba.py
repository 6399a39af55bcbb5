"""What numba makes of plain loops: compiled once, kept in its cache."""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge.bench.peers.peer import Mask, Peer, Shape

_BLOCK = 64  # columns that are turned at a time


def numba() -> Peer:
    """Loops over bytes, runs and pixels."""
    jit = importlib.import_module("numba").njit(cache=True, nogil=True)
    read, paint, edges, write = jit(_read), jit(_paint), jit(_edges), jit(_write)

    def numbers(text: str) -> NDArray[np.int64]:
        data = np.frombuffer(text.encode(), np.uint8)
        found = np.empty(data.size // 2 + 1, np.int64)
        return found[: read(data, found)]

    def decode_into(text: str, out: Mask) -> Mask:
        out.fill(0)
        paint(numbers(text), out)
        return out

    def union(texts: Sequence[str], shape: Shape) -> Mask:
        mask = np.zeros(shape, np.uint8)
        for text in texts:
            paint(numbers(text), mask)
        return mask

    def batch(rows: Sequence[Sequence[str]], out: NDArray[np.uint8]) -> NDArray[np.uint8]:
        out.fill(0)
        for texts, mask in zip(rows, out, strict=True):
            for text in texts:
                paint(numbers(text), mask)
        return out

    def encode(mask: Mask) -> str:
        words = mask.view(np.uint64) if mask.shape[1] % 8 == 0 else np.ones((1, mask.shape[1] // 8 + 1), np.uint64)
        found = np.empty(mask.size + 2, np.int64)
        count = edges(mask, words, found)
        text = np.empty(count * 11 + 1, np.uint8)
        return text[: write(found, count, text)].tobytes().decode("ascii")

    return Peer(
        "numba",
        {
            "parse": lambda text, _shape: numbers(text).reshape(-1, 2),
            "decode": lambda text, shape: union([text], shape),
            "decode_into": decode_into,
            "union": union,
            "batch": batch,
            "encode": encode,
        },
        plain={"parse": lambda runs: runs - [1, 0]},
    )


def _read(data: Any, found: Any) -> int:
    count, inside = 0, False
    value = np.int64(0)
    for byte in data:
        digit = np.int64(byte) - 48
        if 0 <= digit <= 9:
            value = value * 10 + digit
            inside = True
        elif inside:
            found[count] = value
            count += 1
            value = np.int64(0)
            inside = False
    if inside:
        found[count] = value
        count += 1
    return count


def _paint(numbers: Any, mask: Any) -> None:
    height = mask.shape[0]
    for i in range(0, numbers.size, 2):
        column, row = divmod(numbers[i] - 1, height)
        left = numbers[i + 1]
        while left > 0:
            end = min(height, row + left)
            for y in range(row, end):
                mask[y, column] = 1
            left -= end - row
            row = 0
            column += 1


def _edges(mask: Any, words: Any, found: Any) -> int:
    """Positions where the mask begins and ends; `words` are its rows as 64-bit numbers, to see empty columns."""
    height, width = mask.shape
    filled = np.zeros(words.shape[1], np.uint64)
    for y in range(words.shape[0]):
        for x in range(words.shape[1]):
            filled[x] |= words[y, x]
    turned = np.empty((_BLOCK, height), np.uint8)
    count, before = 0, False
    for left in range(0, width, _BLOCK):
        columns = min(_BLOCK, width - left)
        if not filled[left // 8 : (left + columns + 7) // 8].any():
            if before:
                found[count] = left * height
                count += 1
                before = False
            continue
        for y in range(height):
            for x in range(columns):
                turned[x, y] = mask[y, left + x]
        for x in range(columns):
            for y in range(height):
                now = turned[x, y] != 0
                if now != before:
                    found[count] = (left + x) * height + y
                    count += 1
                    before = now
    if before:
        found[count] = height * width
        count += 1
    return count


def _write(edges: Any, count: int, text: Any) -> int:
    at = 0
    for i in range(count):
        value = edges[i] - edges[i - 1] if i % 2 else edges[i] + 1
        digits, rest = 1, value // 10
        while rest > 0:
            digits += 1
            rest //= 10
        for place in range(at + digits - 1, at - 1, -1):
            text[place] = 48 + value % 10
            value //= 10
        text[at + digits] = 32
        at += digits + 1
    return max(at - 1, 0)
