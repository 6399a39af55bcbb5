"""The slow truth in plain NumPy: what every fast path is compared with."""

import struct
import zlib

import numpy as np


def runs_of(mask):
    """Runs of non-zero pixels, column-major: (height, width) -> (n, 2) start (0-based), length."""
    flat = np.pad(np.asarray(mask).ravel(order="F") != 0, 1)
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    return np.stack([edges[::2], edges[1::2] - edges[::2]], axis=1)


def encode(mask, order="F"):
    """Airbus text, 1-based; order "C" counts along the rows."""
    runs = runs_of(mask if order == "F" else np.asarray(mask).T)
    return " ".join(f"{start + 1} {length}" for start, length in runs.tolist())


def decode(text, shape, order="F"):
    """Airbus text -> (height, width) uint8."""
    flat = np.zeros(shape[0] * shape[1], np.uint8)
    numbers = [int(token) for token in text.split()]
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        flat[start - 1 : start - 1 + length] = 1
    return flat.reshape(shape, order=order)


def counts_of(mask):
    """COCO's uncompressed counts, column-major, the first one background."""
    counts, at = [], 0
    for start, length in runs_of(mask).tolist():
        counts += [start - at, length]
        at = start + length
    if at != mask.size:
        counts.append(mask.size - at)
    return counts


def compressed(counts):
    """COCO's compressed counts: differences to the count two before, five bits a character, lowest first."""
    text = ""
    for i, count in enumerate(counts):
        value = count if i < 3 else count - counts[i - 2]
        more = True
        while more:
            group, value = value & 31, value >> 5
            more = value != (-1 if group & 16 else 0)
            text += chr(48 + group + 32 * more)
    return text


def components(mask, connectivity=8):
    """Parts as bool masks, by flood fill, ordered by their first pixel in column-major order."""
    left = np.asarray(mask) != 0
    near = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    if connectivity == 8:
        near += [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    height, width = left.shape
    parts = []
    for x in range(width):
        for y in range(height):
            if not left[y, x]:
                continue
            part = np.zeros_like(left)
            todo = [(y, x)]
            left[y, x] = False
            while todo:
                r, c = todo.pop()
                part[r, c] = True
                for dr, dc in near:
                    a, b = r + dr, c + dc
                    if 0 <= a < height and 0 <= b < width and left[a, b]:
                        left[a, b] = False
                        todo.append((a, b))
            parts.append(part)
    return parts


def iou(a, b):
    """Intersection over union; 0 where both are empty."""
    either = np.count_nonzero((a != 0) | (b != 0))
    return np.count_nonzero((a != 0) & (b != 0)) / either if either else 0.0


def bbox(mask):
    """(left, top, right, bottom), half-open; zeros for an empty mask."""
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        return (0, 0, 0, 0)
    return (int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


def centroid(mask):
    """(x, y) mean of the pixels; NaN for an empty mask."""
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        return (np.nan, np.nan)
    return (columns.mean(), rows.mean())


def window(mask, top, left, shape):
    """What a window of this shape shows whose first pixel is (top, left); outside the mask there is nothing."""
    seen = np.zeros(shape, bool)
    for row in range(shape[0]):
        for column in range(shape[1]):
            if 0 <= row + top < mask.shape[0] and 0 <= column + left < mask.shape[1]:
                seen[row, column] = mask[row + top, column + left]
    return seen


def resize(mask, shape):
    """Nearest neighbour between pixel centres."""
    (h, w), (height, width) = mask.shape, shape
    rows = [(2 * i + 1) * h // (2 * height) for i in range(height)]
    columns = [(2 * j + 1) * w // (2 * width) for j in range(width)]
    return mask[np.ix_(rows, columns)]


def dilate(mask, rows, columns):
    """Maximum over the rectangle around each pixel; nothing outside the image."""
    grown = np.zeros_like(mask)
    for y, x in zip(*np.nonzero(mask), strict=True):
        grown[max(y - rows, 0) : y + rows + 1, max(x - columns, 0) : x + columns + 1] = True
    return grown


def fill_holes(mask, connectivity=4):
    """The mask and the parts of its background that do not touch the border."""
    filled = mask.copy()
    for part in components(~mask, connectivity):
        if not (part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any()):
            filled |= part
    return filled


def read_png(data):
    """PNG specification, slowly: chunks with their CRC, zlib with its Adler-32, filters "none" and "up" -> (h, w)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body)
        chunks.append((kind, body))
        at += 12 + length
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert rest == [0, 0, 0, 0]
    inflate = zlib.decompressobj()
    raw = inflate.decompress(chunks[1][1])
    assert inflate.eof
    assert inflate.unused_data == b""
    rows = np.frombuffer(raw, np.uint8).reshape(height, 1 + (width * depth + 7) // 8)
    pixels = np.zeros((height, rows.shape[1] - 1), np.uint8)
    above = np.zeros(rows.shape[1] - 1, np.uint8)
    for y, (filtering, *_) in enumerate(rows.tolist()):
        assert filtering in {0, 2}
        pixels[y] = above = rows[y, 1:] + (above if filtering == 2 else 0)
    if depth == 1:
        return np.unpackbits(pixels, axis=1, count=width)
    return pixels.view(">u2").astype(np.uint16) if depth == 16 else pixels
