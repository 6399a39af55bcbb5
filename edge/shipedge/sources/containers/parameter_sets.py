"""How large frames of H.264 and H.265 become: their sequence parameter sets, wherever these stand in a stream.

A container says one size, and a stream may change to another in its middle; a decoder then takes the memory of the new
one before anybody sees a frame of it.

Source of the syntax: ITU-T H.264, 7.3.2.1.1, and H.265, 7.3.2.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["frame_shapes"]

_LONGEST = 512
"""Bytes of a set that are looked at; its size stands in the first."""
# Behind a start code, or behind a length of four bytes as in MP4.
_SETS = re.compile(rb"\x00\x00(?:\x01|\x00[\x07-\x80])(?:[\x27\x47\x67]|\x42\x01)")
_WITH_CHROMA = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
_PROFILES = _WITH_CHROMA | {66, 77, 88}


def frame_shapes(stream: bytes) -> Iterator[tuple[int, int]]:
    """(height, width) of every parameter set in a stream; what only looks like one gives none."""
    for match in _SETS.finditer(stream):
        end = match.end()
        is_h265 = stream[end - 2 : end] == b"\x42\x01"
        # Zeros that would look like a start code are parted by a 3.
        bits = _Bits(stream[end : end + _LONGEST].replace(b"\x00\x00\x03", b"\x00\x00"))
        try:
            shape = _h265(bits) if is_h265 else _h264(bits)
        except EOFError:
            continue
        if shape is not None:
            yield shape


def _h264(bits: _Bits) -> tuple[int, int] | None:
    profile = bits.number(8)
    if profile not in _PROFILES:
        return None
    bits.number(16)
    bits.golomb()
    if profile in _WITH_CHROMA:
        chroma = bits.golomb()
        if chroma > 3:
            return None
        bits.number(1 if chroma == 3 else 0)
        bits.golomb()
        bits.golomb()
        bits.number(1)
        if bits.number(1):
            for number in range(12 if chroma == 3 else 8):
                if bits.number(1):
                    _skip_scaling(bits, 16 if number < 6 else 64)
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.number(1)
        bits.golomb()
        bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()
    elif order > 2:
        return None
    bits.golomb()
    bits.number(1)
    columns, rows = bits.golomb() + 1, bits.golomb() + 1
    return 16 * rows * (2 - bits.number(1)), 16 * columns


def _skip_scaling(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            step = bits.golomb()
            following = (last + ((step + 1) // 2 if step % 2 else -(step // 2))) % 256
        last = following or last


def _h265(bits: _Bits) -> tuple[int, int] | None:
    bits.number(4)
    layers = bits.number(3)
    bits.number(1 + 88 + 8)
    there = [(bits.number(1), bits.number(1)) for _ in range(layers)]
    bits.number(2 * (8 - layers) if layers else 0)
    for profile, level in there:
        bits.number(88 * profile + 8 * level)
    bits.golomb()
    chroma = bits.golomb()
    if chroma > 3:
        return None
    bits.number(1 if chroma == 3 else 0)
    columns = bits.golomb()
    return bits.golomb(), columns


class _Bits:
    """Bits of a unit, the highest of a byte first."""

    def __init__(self, content: bytes) -> None:
        self._value, self._left = int.from_bytes(content, "big"), 8 * len(content)

    def number(self, count: int) -> int:
        """The next bits. Raises EOFError where there are not so many."""
        self._left -= count
        if self._left < 0:
            raise EOFError
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned number of Exp-Golomb coding, see 9.1. Raises EOFError likewise."""
        zeros = 0
        while not self.number(1):
            zeros += 1
            if zeros > 32:
                raise EOFError
        return (1 << zeros) - 1 + self.number(zeros)
