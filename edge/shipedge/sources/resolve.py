"""What the user typed -> the list of images, videos, cameras and streams to read."""

from __future__ import annotations

import glob
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from shipedge.errors import SourceError
from shipedge.images.header import SUFFIXES
from shipedge.region import Region
from shipedge.sources.address import SCHEMES, expand, parse_address, pipeline_name, scheme_of

__all__ = ["Source", "refuse_endless", "resolve", "source_named"]

VIDEOS = (
    *(".mp4", ".mov", ".m4v", ".3gp", ".f4v", ".mkv", ".webm", ".avi", ".wmv", ".asf", ".flv", ".ogv", ".gif", ".mxf"),
    *(".mpg", ".mpeg", ".vob", ".ts", ".mts", ".m2ts", ".y4m"),
    *(".h264", ".264", ".h265", ".265", ".hevc", ".mjpeg", ".mjpg"),  # raw streams
)


STDIN = "stdin"
_CAMERA = re.compile(r"camera \d+( \(\d+\))?")
MOST_CAMERA = 255
"""Of the numbers of cameras; Linux has no more devices of this kind."""


Kind = Literal["image", "video", "camera", "stream", "remote", "pipe", "watch"]


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to read frames from.

    Attributes:
        kind: how to read it: an image file, a video file, a camera, a stream, a video file at an address, images on
            standard input, a folder in which images appear.
        name: the path as typed or found, "camera N", "stdin", "watch:FOLDER", the address of a stream without
            credentials, or what a sources file calls it.
        address: what is opened where that is not the name: of a stream with credentials, never to be shown; the number
            of a camera; a watched folder.
        title: what a sources file calls a file, whose `name` is its path; see `label`.
        fps: frames a second, where this source has its own.
        every: likewise.
        gsd_m: likewise, meters a pixel.
        region: where ships count, likewise.
    """

    kind: Kind
    name: str
    address: str = field(default="", repr=False)
    title: str = ""
    fps: float | None = None
    every: int | None = None
    gsd_m: float | None = None
    region: Region | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """What people call it."""
        return self.title or self.name

    @property
    def live(self) -> bool:
        """Whether it cannot be read a second time: a camera, a stream."""
        return self.kind not in ("image", "video")

    @property
    def waits(self) -> bool:
        """Whether it waits for whoever reads it, so that no frame is dropped."""
        return self.kind not in ("camera", "stream")

    @property
    def stem(self) -> str:
        """The name without folders and suffix, for files derived from it."""
        if self.kind == "camera" and _CAMERA.fullmatch(self.name):
            return self.name.replace(" ", "")
        return re.sub(r"[^\w.-]+", "_", self.name.split("://")[-1]) if self.live else Path(self.name).stem


def resolve(specs: Sequence[str], notes: list[str] | None = None) -> list[Source]:
    """Every source that the arguments name, in their order; the files of a folder or glob sorted by name.

    A number is a camera (write ./0 for a file of that name). A folder gives the images directly in it; use a glob
    such as 'DIR/**/*.jpg' to go deeper. A named file is a video by its suffix, otherwise an image. "-" is standard
    input, "watch:DIR" images that appear in a folder, "gst:..." a pipeline of GStreamer; an address is a stream, a
    video file at http(s):// by its suffix.

    Args:
        specs: what the user typed.
        notes: one sentence for each folder or glob of which something was left out is appended.

    Raises:
        SourceError: an argument names nothing that can be read, or something that never ends.
    """
    notes = [] if notes is None else notes
    return distinct([source for spec in specs for source in _resolve_one(spec, notes)], notes)


def distinct(sources: Sequence[Source], notes: list[str]) -> list[Source]:
    """The sources, each file once; streams whose names differ only in what names do not show are numbered.

    Args:
        sources: all that are given.
        notes: one sentence is appended where files are given twice.

    Raises:
        SourceError: standard input or a watched folder is given twice.
    """
    folders = [Path(source.address) for source in sources if source.kind == "watch"]
    if twice_watched := next((folder for folder in folders if folders.count(folder) > 1), None):
        raise SourceError(f"watch:{_shown(str(twice_watched))}: is given twice, expected once")
    count: dict[str, int] = {}
    numbered: list[Source] = []
    for source in sources:
        count[source.name] = count.get(source.name, 0) + 1
        number = count[source.name]
        if source.kind == "pipe" and number > 1:
            raise SourceError("standard input is given twice, expected once")
        if number == 1:
            numbered.append(source)
        elif source.live:
            taken = {one.name for one in [*sources, *numbered]}
            name = next(f"{source.name} ({k})" for k in range(number, 1 << 30) if f"{source.name} ({k})" not in taken)
            numbered.append(replace(source, name=name))
    if twice := sum(count.values()) - len(numbered):
        notes.append(f"{twice} file{'s are' if twice > 1 else ' is'} given twice and read once")
    return numbered


def source_named(name: str) -> Source:
    """The source of this name, as results give it: "camera N", a stream, a video by its suffix, otherwise an image."""
    if _CAMERA.fullmatch(name):
        return Source("camera", name)
    if name == STDIN:
        return Source("pipe", name)
    if scheme_of(name) in SCHEMES or name.startswith("gst:"):
        return Source("stream", name)
    return _file(name)


def refuse_endless(name: str, mode: int) -> None:
    """Refuses what is no file with an end, by its st_mode: reading a pipe or a device may wait or go on forever.

    Raises:
        SourceError: it is neither a regular file nor a folder.
    """
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    raise SourceError(f"{_shown(name)}: is {kind}, expected a file: save what comes from it as a file first")


def _resolve_one(spec: str, notes: list[str]) -> Iterator[Source]:
    if not spec:
        raise SourceError("the name of a source is empty, expected a file, a folder or the number of a camera")
    if scheme_of(spec) is not None:
        yield stream_at(expand(spec, "the address of a source"))
        return
    if spec.startswith("gst:"):
        yield Source("stream", pipeline_name(spec.removeprefix("gst:")), expand(spec, "a pipeline"))
        return
    if spec == "-":
        yield Source("pipe", STDIN)
        return
    if spec.startswith("watch:"):
        yield _watched(spec)
        return
    if spec.isascii() and spec.isdigit():
        if len(spec) > 9 or int(spec) > MOST_CAMERA:
            raise SourceError(f"camera {spec[:20]}: expected a number of at most {MOST_CAMERA}")
        yield Source("camera", f"camera {int(spec)}", str(int(spec)))
        return
    if camera := re.fullmatch(r"/dev/video(\d+)", spec):
        yield from _resolve_one(camera[1], notes)
        return
    path = Path(spec)
    try:
        if path.is_dir():
            yield from _folder(path, notes)
        elif path.exists():
            refuse_endless(spec, path.stat().st_mode)
            yield _file(spec)
        elif glob.has_magic(spec):
            yield from _glob(spec, notes)
        else:
            raise SourceError(f"{_shown(spec)}: no such file or folder")
    except (OSError, ValueError) as error:  # no permission, a name too long, a NUL byte
        raise SourceError(f"{_shown(spec)}: {getattr(error, 'strerror', None) or error}") from None


def stream_at(text: str, user: str | None = None, password: str = "") -> Source:
    """The source at an address. Raises SourceError where it is none; names no part that may be secret."""
    address = parse_address(text, user, password)
    file = address.scheme in ("http", "https") and _kind(Path(address.path)) == "video"
    is_film = address.path.lower().endswith((".mjpg", ".mjpeg"))  # as many cameras call their endless films
    return Source("remote" if file and not is_film else "stream", address.name, address.url)


def _watched(spec: str) -> Source:
    folder = spec.removeprefix("watch:")
    if not folder or not Path(folder).is_dir():
        raise SourceError(f"{_shown(spec)}: expected watch:DIR, and {_shown(folder) or 'nothing'} is no folder")
    return Source("watch", spec, folder)


def _folder(path: Path, notes: list[str]) -> Iterator[Source]:
    entries = [entry for entry in sorted(path.iterdir()) if not entry.name.startswith(".")]
    images = [entry for entry in entries if _kind(entry) == "image" and entry.is_file()]
    folders = sum(entry.is_dir() for entry in entries)
    videos = sum(_kind(entry) == "video" and entry.is_file() for entry in entries)
    others = len(entries) - len(images) - folders - videos
    rest = _counted({"video": videos, "other file": others, "folder": folders})
    them = "them" if videos + others + folders > 1 else "it"
    if not images:
        raise SourceError(
            f"{path}: no images in this folder (looked for {', '.join(SUFFIXES)})"
            + (f", only {rest}: name {them}, or give a glob such as '{path}/*.mp4'" if rest else "")
        )
    if rest:
        notes.append(f"{path}: {rest} left out; name {them}, or give a glob, to read {them}")
    for entry in images:
        yield Source("image", str(entry))


def _glob(spec: str, notes: list[str]) -> Iterator[Source]:
    matches = [entry for entry in _matches(spec) if not entry.is_dir()]
    found = [entry for entry in matches if _kind(entry) and entry.is_file()]
    if not found:
        raise SourceError(f"{spec}: matches no image and no video")
    if len(matches) > len(found):
        notes.append(f"{spec}: {_counted({'other file': len(matches) - len(found)})} left out")
    for entry in found:
        yield _file(str(entry))


def _matches(spec: str) -> list[Path]:
    """Matches of a pattern, sorted, hidden ones left out.

    Path.glob, not glob.glob: its ** does not follow links to folders, which may lead in circles without end.
    """
    parts = Path(spec).parts
    first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    root, wanted = Path(*parts[:first]), parts[first:]
    pattern = "/".join(wanted) + ("/*" if wanted[-1] == "**" else "")
    hidden = any(part.startswith(".") for part in wanted)
    matches = root.glob(pattern)
    return sorted(
        path for path in matches if hidden or not any(part.startswith(".") for part in path.relative_to(root).parts)
    )


def _counted(counts: dict[str, int]) -> str:
    """{"video": 3, "other file": 0, "folder": 1} -> "3 videos and 1 folder"."""
    texts = [f"{count} {name}{'s' * (count > 1)}" for name, count in counts.items() if count]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def _file(name: str) -> Source:
    return Source("video" if _kind(Path(name)) == "video" else "image", name)


def _shown(spec: str) -> str:
    return spec if spec.isprintable() else repr(spec)


def _kind(path: Path) -> Literal["image", "video"] | None:
    if path.name.startswith("."):  # the ._NAME.jpg that macOS leaves on foreign disks are no images
        return None
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return "image"
    return "video" if suffix in VIDEOS else None
