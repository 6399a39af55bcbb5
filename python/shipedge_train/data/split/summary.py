"""What a split looks like, for people and for machines."""

from __future__ import annotations

from typing import Any

from shipedge_train.data.split.parts import COLUMNS, Counts


def summarize(counts: Counts, group_of: list[int], names: list[str], part_of_group: list[str]) -> dict[str, Any]:
    """Figures of each part and of the groups.

    Args:
        counts: (n, 6) of each image, in the order of COLUMNS.
        group_of: group of each image.
        names: of the groups.
        part_of_group: part of each group.
    """
    part_of = [part_of_group[group] for group in group_of]
    sizes = [0] * len(names)
    for group in group_of:
        sizes[group] += 1
    parts = {}
    for part in sorted(set(part_of_group), key=lambda name: (len(name), name)):
        chosen = [at for at, name in enumerate(part_of) if name == part]
        sums = counts[chosen].sum(axis=0).tolist()
        parts[part] = {"groups": part_of_group.count(part), **dict(zip(COLUMNS, sums, strict=True))}
    largest = max(range(len(names)), key=sizes.__getitem__)
    return {
        "groups": len(names),
        "groups_of_several": sum(size > 1 for size in sizes),
        "largest_group": {"name": names[largest], "images": sizes[largest]},
        "parts": parts,
    }


def table(parts: dict[str, dict[str, int]]) -> str:
    """One line for each part, and one for all of them."""
    names = ["groups", *COLUMNS]
    lines = [f"{'part':<8}" + "".join(f"{name:>{max(9, len(name) + 2)}}" for name in names) + "  empty share"]
    everything = {name: sum(row[name] for row in parts.values()) for name in names}
    for part, row in [*parts.items(), ("all", everything)]:
        cells = "".join(f"{row[name]:>{max(9, len(name) + 2)},}" for name in names)
        lines.append(f"{part:<8}{cells}{row['empty'] / max(row['images'], 1):>13.1%}")
    return "\n".join(lines)
