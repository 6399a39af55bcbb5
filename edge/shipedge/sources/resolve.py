"""What the user typed -> the list of pictures, videos and cameras to read."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shipedge.errors import SourceError

__all__ = ["Source", "resolve"]

PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".jp2", ".ppm", ".pgm")
VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".mts", ".wmv")


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to read frames from.

    Attributes:
        kind: how to read it.
        name: the path as typed or found, or "camera N".
    """

    kind: Literal["picture", "video", "camera"]
    name: str

    @property
    def stem(self) -> str:
        """The name without folders and suffix, for files derived from it."""
        return self.name.replace(" ", "") if self.kind == "camera" else Path(self.name).stem


def resolve(specs: Sequence[str]) -> list[Source]:
    """Every source that the arguments name, in their order; the files of a folder or glob sorted by name.

    A number is a camera (write ./0 for a file of that name). A folder gives the pictures directly in it; use a glob
    such as 'DIR/**/*.jpg' to go deeper. A named file is a video by its suffix, otherwise a picture.

    Raises:
        SourceError: an argument names nothing that can be read.
    """
    return [source for spec in specs for source in _resolve_one(spec)]


def _resolve_one(spec: str) -> Iterator[Source]:
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", spec)
    if scheme:
        # Only the scheme: the address may hold a password, and messages end in logs.
        raise SourceError(
            f"streams ({scheme[1].lower()}://) cannot be read yet: save a piece of it as a video file, or use a camera "
            "number"
        )
    if spec.isascii() and spec.isdigit():
        yield Source("camera", f"camera {int(spec)}")
        return
    path = Path(spec)
    try:
        if path.is_dir():
            yield from _folder(path)
        elif path.exists():
            yield _file(spec)
        elif glob.has_magic(spec):
            yield from _glob(spec)
        else:
            raise SourceError(f"{_shown(spec)}: no such file or folder")
    except (OSError, ValueError) as error:  # no permission, a name too long, a NUL byte
        raise SourceError(f"{_shown(spec)}: {getattr(error, 'strerror', None) or error}") from None


def _folder(path: Path) -> Iterator[Source]:
    found = [entry for entry in sorted(path.iterdir()) if _kind(entry) == "picture" and entry.is_file()]
    if not found:
        raise SourceError(f"{path}: no pictures in this folder (looked for {', '.join(PICTURES)})")
    for entry in found:
        yield Source("picture", str(entry))


def _glob(spec: str) -> Iterator[Source]:
    # glob.glob, not Path.glob: it takes absolute patterns, and keeps names as the user wrote them.
    matches = sorted(glob.glob(spec, recursive=True))  # noqa: PTH207
    found = [entry for entry in matches if _kind(Path(entry)) and Path(entry).is_file()]
    if not found:
        raise SourceError(f"{spec}: matches no picture and no video")
    for entry in found:
        yield _file(entry)


def _file(name: str) -> Source:
    return Source("video" if _kind(Path(name)) == "video" else "picture", name)


def _shown(spec: str) -> str:
    return spec if spec.isprintable() else repr(spec)


def _kind(path: Path) -> Literal["picture", "video"] | None:
    if path.name.startswith("."):  # the ._NAME.jpg that macOS leaves on foreign disks are no pictures
        return None
    suffix = path.suffix.lower()
    if suffix in PICTURES:
        return "picture"
    return "video" if suffix in VIDEOS else None
