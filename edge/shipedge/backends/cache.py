"""What is remembered on this machine between commands: `$XDG_CACHE_HOME/shipedge`, `~/.cache/shipedge`."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from shipedge.files.atomic import write_atomic
from shipedge.files.json_text import loads

__all__ = ["Verdict", "cache_folder", "forget_verdict", "is_own_file", "read_verdict", "write_verdict"]

_MOST = 4096
"""Bytes of a verdict."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found when an accelerator was tried. It decides whether it is tried again, never whether it is right.

    Attributes:
        right: it ran and agreed with the CPU.
        ms: milliseconds of one call of each model.
        cpu_ms: the same on the CPU.
        says: why it is not used; empty where it is right.
    """

    right: bool
    ms: float
    cpu_ms: float
    says: str

    @property
    def faster(self) -> bool:
        """It is right, and faster by more than what the clock of a busy machine is off."""
        return self.right and self.ms < 0.9 * self.cpu_ms


def cache_folder() -> Path | None:
    """Where this user's programs remember things, our part of it; None without a home."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(given) if Path(given).is_absolute() else Path.home() / ".cache") / "shipedge"
    except RuntimeError:
        return None


def is_own_file(path: Path) -> bool:
    """A regular file that nobody else has put there; what it holds is not read."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and (os.name != "posix" or found.st_uid == os.geteuid())


def read_verdict(key: Iterable[str]) -> Verdict | None:
    """The verdict about what `key` describes; None where there is none, or none that can be understood."""
    path = _path(key)
    if path is None or not is_own_file(path):
        return None
    try:
        with path.open("rb") as file:
            entry = loads(file.read(_MOST))
        verdict = Verdict(**entry)
    except (OSError, ValueError, TypeError):
        return None
    numbers = all(type(n) in (int, float) and math.isfinite(n) for n in (verdict.ms, verdict.cpu_ms))
    return verdict if numbers and type(verdict.right) is bool and type(verdict.says) is str else None


def write_verdict(key: Iterable[str], verdict: Verdict) -> None:
    """Remembers a verdict; where that is not possible, the next start tries again."""
    path = _path(key)
    if path is None:
        return
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, json.dumps(asdict(verdict)).encode())


def forget_verdict(key: Iterable[str]) -> None:
    """Removes a verdict, where there is one."""
    path = _path(key)
    if path is not None:
        with contextlib.suppress(OSError):
            path.unlink()


def _path(key: Iterable[str]) -> Path | None:
    folder = cache_folder()
    return folder and folder / "verdicts" / f"{hashlib.sha256(json.dumps(list(key)).encode()).hexdigest()}.json"
