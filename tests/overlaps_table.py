"""`python tests/overlaps_table.py`: how many overlapping images are found, and how many wrongly."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from overlaps_scenes import Cut, make_cuts
from shipedge.images import decode_reduced
from shipedge_train.data.split.groups import group
from shipedge_train.data.split.overlaps import Pairs, find_overlaps, shared_blocks
from shipedge_train.data.split.signature import sign

CONTRASTS = (1.0, 1.5, 2.0, 4.0)
"""Borders of the classes of contrast, grey levels: an area below the first counts as solid."""


def sign_cuts(cuts: Sequence[Cut], workers: int = 1) -> NDArray[np.uint8]:
    """Symbols of all cuts, (n, 9, 128)."""

    def one(cut: Cut) -> NDArray[np.uint8]:
        return sign(decode_reduced(cut.jpeg, "a proof", 4, grey=True))

    with ThreadPoolExecutor(workers) as pool:
        return np.stack(list(pool.map(one, cuts)))


def score(cuts: Sequence[Cut], overlaps: Pairs) -> dict[str, Any]:
    """Compare what was found with where the images were cut.

    The contrast of a pair is that of the most telling block they share, in the image that shows less of it.

    Returns:
        `pairs` of images compared with `overlapping` among them; `false` pairs of different scenes, `misplaced`
        pairs of one scene; `recall` over pairs that share more than solid blocks, alone and `in_one_group`; `patterns`
        {(dy, dx): (pairs, found)} of those; `contrasts` [(border, pairs, found, in one group)] of all.
    """
    found = {(i, j): (dy, dx) for i, j, dy, dx in overlaps.tolist()}
    groups = group(overlaps, [str(at).encode() for at in range(len(cuts))], [None] * len(cuts)).of
    patterns = {(dy - 2, dx - 2): [0, 0] for dy, dx in np.ndindex(5, 5)}
    contrasts = [[0, 0, 0] for _ in range(len(CONTRASTS) + 1)]
    misplaced = 0
    for i, first in enumerate(cuts):
        for j in range(i + 1, len(cuts)):
            second = cuts[j]
            dy, dx = second.row - first.row, second.column - first.column
            if first.scene != second.scene:
                continue
            if max(abs(dy), abs(dx)) > 2:
                misplaced += (i, j) in found
                continue
            ours, theirs = shared_blocks(dy, dx)
            contrast = np.minimum(first.contrast[ours], second.contrast[theirs]).max()
            hit = found.get((i, j)) == (dy, dx)
            misplaced += (i, j) in found and not hit
            row = contrasts[int(np.searchsorted(CONTRASTS, contrast, "right"))]
            for place, value in enumerate((1, hit, groups[i] == groups[j])):
                row[place] += value
            if contrast >= CONTRASTS[0]:
                patterns[dy, dx][0] += 1
                patterns[dy, dx][1] += hit
    pairs, hits, together = (sum(row[place] for row in contrasts[1:]) for place in range(3))
    return {
        "images": len(cuts),
        "pairs": len(cuts) * (len(cuts) - 1) // 2,
        "overlapping": sum(row[0] for row in contrasts),
        "false": sum(cuts[i].scene != cuts[j].scene for i, j in found),
        "misplaced": misplaced,
        "recall": hits / max(pairs, 1),
        "recall_in_one_group": together / max(pairs, 1),
        "patterns": patterns,
        "contrasts": contrasts,
    }


def report(result: dict[str, Any]) -> str:
    """The figures of `score` as text."""
    lines = [
        f"{result['images']:,} images, {result['pairs']:,} pairs, {result['overlapping']:,} of them overlap",
        f"false pairs of different scenes {result['false']}, pairs at a wrong place {result['misplaced']}",
        f"recall {result['recall']:.4f}, in one group {result['recall_in_one_group']:.4f} (of pairs that share more "
        "than solid blocks)",
        "\nfound / overlapping by pattern (dy down, dx across)",
    ]
    for dy in range(-2, 3):
        cells = [result["patterns"][dy, dx] for dx in range(-2, 3)]
        lines.append(f"{dy:>3} " + "".join(f"{f'{hit}/{pairs}':>13}" for pairs, hit in cells))
    lines.append("\ncontrast of the shared area, grey levels     pairs     found  in one group")
    borders = [0.0, *CONTRASTS, float("inf")]
    for (pairs, hit, together), low, high in zip(result["contrasts"], borders, borders[1:], strict=False):
        shares = f"{hit / pairs:>10.4f}{together / pairs:>14.4f}" if pairs else ""
        lines.append(f"{low:>10} to {high:<30}{pairs:>7}{shares}" + ("  (solid)" if low == 0 else ""))
    return "\n".join(lines)


@click.command()
@click.option("--seas", type=click.IntRange(0), default=24, show_default=True, help="Scenes of open water.")
@click.option("--patchworks", type=click.IntRange(0), default=6, show_default=True, help="Scenes of everything else.")
@click.option("--side", type=click.IntRange(1280), default=2304, show_default=True, help="Side of a scene, pixels.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of all scenes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(seas: int, patchworks: int, side: int, seed: int, as_json: bool) -> None:
    """Cut images out of large scenes, compress each differently, search for overlaps, and count.

    \b
    Examples:
      python tests/overlaps_table.py
      python tests/overlaps_table.py --seas 60 --patchworks 0 --seed 2
    """
    cuts = list(make_cuts(seas, patchworks, side // 256 * 256, seed))
    # In which order two images come must not matter; mixed, all 25 patterns occur.
    cuts = [cuts[at] for at in np.random.default_rng(seed).permutation(len(cuts))]
    started = time.perf_counter()
    symbols = sign_cuts(cuts, os.cpu_count() or 1)
    signed = time.perf_counter()
    overlaps = find_overlaps(symbols)
    done = time.perf_counter()
    result = score(cuts, overlaps)
    result |= {"images_per_s": len(cuts) / (signed - started), "search_s": done - signed}
    if as_json:
        result["patterns"] = [[dy, dx, *cell] for (dy, dx), cell in result["patterns"].items()]
        click.echo(json.dumps(result))
        return
    click.echo(report(result))
    click.echo(f"\n{result['images_per_s']:.0f} images/s signed, search {result['search_s']:.1f} s")


if __name__ == "__main__":
    main()
