"""The files of a folder."""

from __future__ import annotations

import os
from pathlib import Path


def names_in(folder: Path) -> list[str]:
    """Names of the files in a folder, sorted; hidden ones, pipes and devices are left out."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_file() and not entry.name.startswith("."))
