"""What the system tells of this machine: cores, limits, cameras, temperatures. Nothing is opened or started."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

__all__ = ["describe"]

_THERMAL_MOST = 200.0
"""Degrees Celsius that no zone reaches; sensors without a value tell more, or absolute zero."""


def describe(sys: Path = Path("/sys"), dev: Path = Path("/dev")) -> dict[str, Any]:
    """The machine as JSON values.

    Args:
        sys: where the system tells about devices.
        dev: where devices are.

    Returns:
        system, python, cores that this process may use, cpu_limit (processors that a container grants; None for all),
        cameras [{device, name}], thermal [{zone, celsius, limits: {kind: celsius}}].
    """
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "cpu_limit": _cpu_limit(sys / "fs" / "cgroup"),
        "cameras": _cameras(sys / "class" / "video4linux", dev),
        "thermal": _thermal(sys / "class" / "thermal"),
    }


def _cpu_limit(cgroup: Path) -> float | None:
    if words := _read(cgroup / "cpu.max").split():  # version 2: microseconds of each period, or "max"
        quota, period = (*words, "100000")[:2]
    else:
        quota, period = _read(cgroup / "cpu/cpu.cfs_quota_us"), _read(cgroup / "cpu/cpu.cfs_period_us")
    if quota.isdecimal() and period.isdecimal() and int(period):
        return round(int(quota) / int(period), 2)
    return None


def _cameras(folder: Path, dev: Path) -> list[dict[str, str]]:
    """The first node of each camera; the others carry its metadata."""
    nodes = sorted((path for path in folder.glob("video*")), key=lambda path: (len(path.name), path.name))
    return [
        {"device": str(dev / node.name), "name": _read(node / "name")}
        for node in nodes
        if _read(node / "index") in ("", "0")
    ]


def _thermal(folder: Path) -> list[dict[str, Any]]:
    zones = []
    for zone in sorted(folder.glob("thermal_zone*"), key=lambda path: (len(path.name), path.name)):
        celsius = _degrees(zone / "temp")
        if celsius is None:
            continue
        limits: dict[str, float] = {}
        for kind in sorted(zone.glob("trip_point_*_type")):
            limit = _degrees(kind.with_name(kind.name.removesuffix("type") + "temp"))
            if limit is not None and limit > 0:
                name = _read(kind)
                limits[name] = min(limit, limits.get(name, limit))
        zones.append({"zone": _read(zone / "type") or zone.name, "celsius": celsius, "limits": limits})
    return zones


def _degrees(path: Path) -> float | None:
    try:
        celsius = int(_read(path)) / 1000
    except ValueError:
        return None
    return celsius if -100 < celsius < _THERMAL_MOST else None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(200).decode("utf-8", "replace").strip()
    except OSError:  # some sensors exist and cannot be read
        return ""
