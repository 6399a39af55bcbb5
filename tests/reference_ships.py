"""The slow truth of how ships are made of probabilities, in plain NumPy; beside reference.py."""

import numpy as np

import reference
from shipedge.cascade.ships import level
from shipedge.rle import from_polygons

CELL = 32


def _area(window, half_of=None):
    """(top, left, bottom, right) of a window, or of the half of its overlap with another that is nearer to that one."""
    top, left, values = window
    box = [top, left, top + values.shape[0], left + values.shape[1]]
    if half_of is None:
        return box
    other = _area(half_of)
    box = [max(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), min(box[3], other[3])]
    if box[0] >= box[2] or box[1] >= box[3]:
        return [0, 0, 0, 0]
    axis = 0 if abs(top - other[0]) > abs(left - other[1]) else 1
    before = other[axis] < (top, left)[axis]
    box[axis + 2 if before else axis] = (box[axis] + box[axis + 2]) // 2
    return box


def merge(windows, shape):
    """Pixel by pixel: a later window decides what no earlier one is nearer to."""
    merged = np.zeros(shape, np.uint8)
    in_order = sorted((w for w in windows if _sees(w, shape)), key=lambda w: (w[1], w[0]))
    for i, window in enumerate(in_order):
        top, left, bottom, right = _area(window)
        halves = [_area(window, other) for other in in_order[:i]]
        for row in range(max(top, 0), min(bottom, shape[0])):
            for col in range(max(left, 0), min(right, shape[1])):
                if not any(t <= row < b and x <= col < r for t, x, b, r in halves):
                    merged[row, col] = window[2][row - top, col - left]
    return merged


def _sees(window, shape):
    top, left, bottom, right = _area(window)
    return max(top, 0) < min(bottom, shape[0]) and max(left, 0) < min(right, shape[1])


def strips(windows, shape):
    """Ranges of columns that windows look at and that do not touch."""
    found = []
    for window in sorted((w for w in windows if _sees(w, shape)), key=lambda w: w[1]):
        _, left, _, right = _area(window)
        left, right = max(left, 0), min(right, shape[1])
        if found and left <= found[-1][1]:
            found[-1][1] = max(found[-1][1], right)
        else:
            found.append([left, right])
    return found


def components(mask, min_area):
    """8-connected, as bool masks."""
    return [part for part in reference.components(mask) if part.sum() >= max(min_area, 1)]


def split(part, probability, core, min_area):
    """Every pixel to the core of the nearest pixel; of equally near ones the leftmost, then the uppermost counts."""
    cores = components(part & (probability >= core), min_area)
    if len(cores) < 2:
        return [part]
    places = np.concatenate([np.argwhere(one) for one in cores])
    owners = np.repeat(np.arange(len(cores)), [one.sum() for one in cores])
    nearest = np.full(part.shape, -1)
    for row, col in np.argwhere(part):
        away = ((places - (row, col)) ** 2).sum(axis=1)
        nearest[row, col] = owners[np.lexsort((places[:, 0], places[:, 1], away))[0]]
    return [piece for owner in range(len(cores)) for piece in components(part & (nearest == owner), min_area)]


def filled(parts, ship):
    """Holes go to the part around them that has the smallest box; what is ship in them stays."""
    parts, taken = list(parts), np.zeros_like(ship)

    def box_area(i):
        left, top, right, bottom = reference.bbox(parts[i])
        return (right - left) * (bottom - top)

    for i in sorted(range(len(parts)), key=box_area):
        holes = reference.fill_holes(parts[i]) & ~ship & ~taken
        taken |= holes
        parts[i] = parts[i] | holes
    return parts


def rectangle(part):
    """The rectangle with the second moments of a part and the eighth along it; None where it is nothing like one."""
    y, x = np.nonzero(part)
    values, axes = np.linalg.eigh(np.cov(np.stack([x, y]), bias=True) + np.eye(2) / 12)
    sides = np.sqrt(12 * values)
    if part.sum() < 0.6 * sides.prod() or sides[1] < 1.3 * sides[0]:
        return None
    middle = np.array([x.mean(), y.mean()])
    along = (x - middle[0]) * axes[0, 1] + (y - middle[1]) * axes[1, 1]
    centre = 0.0
    for _ in range(4):
        off = along - centre
        centre += (off**7).mean() / (7 * max((off**6).mean(), 1e-9))
    off = along - centre
    half = ((off + 0.5) ** 9 - (off - 0.5) ** 9).mean() ** (1 / 8)
    middle = middle + 0.5 + axes[:, 1] * centre
    across, ahead = axes[:, 0] * sides[0] / 2, axes[:, 1] * half
    corners = [middle + ahead + across, middle + ahead - across, middle - ahead - across, middle - ahead + across]
    shown = from_polygons([np.stack(corners)], part.shape).to_mask().astype(bool)
    return shown if shown.any() else None


def rectangles(parts):
    """As what parts are shown, none with pixels of another or of a rectangle before it."""
    taken = np.any(parts, axis=0) if parts else None
    shown = []
    for part in parts:
        found = rectangle(part)
        free = part if found is None else found & (~taken | part)
        taken = taken | free
        shown.append(free if free.any() else part)
    return shown


def find_components(shape, presence, windows, thresholds):
    """[(outline, area, score, cell)] as `shipedge.cascade.ships.find_components`, outlines as bool masks."""
    probability = merge(windows, shape)
    cells = presence.repeat(CELL, axis=0).repeat(CELL, axis=1)[: shape[0], : shape[1]]
    found = []
    for left, right in strips(windows, shape):
        values = probability[:, left:right]
        ship = values >= max(level(thresholds.pixel), 1)
        parts = components(ship, thresholds.min_area)
        if thresholds.core > thresholds.pixel:
            core = level(thresholds.core)
            parts = [piece for part in parts for piece in split(part, values, core, thresholds.min_area)]
        if thresholds.fill_holes:
            parts = filled(parts, ship)
        for part, outline in zip(parts, rectangles(parts) if thresholds.rectangles else parts, strict=True):
            whole = np.zeros(shape, bool)
            whole[:, left:right] = outline
            score = float(values[part].astype(np.int64).sum() / part.sum() / 256)
            found.append((whole, int(part.sum()), score, int(cells[:, left:right][part].max())))
    return found


def cut_patch(pixels, rectangle):
    """Bilinear in float64, the border repeated: (64, 128, 3), not rounded."""
    x, y, length, width, angle = rectangle
    along = (np.arange(128) - 63.5) * length / 64
    across = (np.arange(64) - 31.5)[:, None] * width / 32
    at_x = x - 0.5 + np.cos(angle) * along - np.sin(angle) * across
    at_y = y - 0.5 + np.sin(angle) * along + np.cos(angle) * across
    left, top = np.floor(at_x).astype(int), np.floor(at_y).astype(int)
    share_x, share_y = (at_x - left)[..., None], (at_y - top)[..., None]

    def at(row, col):
        return pixels[row.clip(0, pixels.shape[0] - 1), col.clip(0, pixels.shape[1] - 1)].astype(float)

    above = at(top, left) * (1 - share_x) + at(top, left + 1) * share_x
    below = at(top + 1, left) * (1 - share_x) + at(top + 1, left + 1) * share_x
    return above * (1 - share_y) + below * share_y


def smallest_area(mask, turns=3600):
    """Area of the smallest rectangle around the middles of the pixels, tried at many angles: never below the truth."""
    y, x = np.nonzero(mask)
    angle = np.linspace(0, np.pi / 2, turns)[:, None]
    along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    return float((np.ptp(along, axis=1) * np.ptp(across, axis=1)).min())


def separate(refined, before):
    """Larger outlines first, no shared pixels; None for a piece of another one. Bool masks."""
    found = [None] * len(refined)
    taken = np.zeros_like(refined[0]) if refined else None
    for k in sorted(range(len(refined)), key=lambda k: -int(refined[k].sum())):
        for outline in (refined[k], before[k]):
            free = outline & ~taken
            if free.any() and 2 * free.sum() >= outline.sum():
                found[k], taken = free, taken | free
                break
    return found
