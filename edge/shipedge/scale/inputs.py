"""What the user typed -> the items to read, one after the other: nothing but names is ever listed whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from stat import S_ISDIR
from typing import BinaryIO

from shipedge.errors import ConfigError, ImageError, SourceError
from shipedge.files.inputs import open_input
from shipedge.images.files import open_file
from shipedge.images.header import SUFFIXES, read_header
from shipedge.scale.blocks import Item, file_stamp, refused
from shipedge.scale.manifest import Wanted, manifest_name, read_manifest
from shipedge.scale.remote import entries, is_url, open_url, read_url, shown
from shipedge.scale.shards import SHARDS, is_shard, read_shard
from shipedge.scene import opening
from shipedge.scene.gdal import is_installed
from shipedge.sources.resolve import resolve

__all__ = ["check_sources", "count_items", "is_archive", "items_of"]


_WANTED = (*SUFFIXES, *SHARDS)


def is_archive(spec: str) -> bool:
    """Whether a source can only be read in blocks: a shard, a manifest, an object store."""
    if is_url(spec):
        return is_shard(shown(spec)) or not spec.lower().startswith("http")
    return manifest_name(spec) is not None or (is_shard(spec) and not Path(spec).is_dir())


def check_sources(specs: Sequence[str]) -> None:
    """Raises ConfigError or SourceError for sources that cannot be read in blocks, and files that are not there."""
    for spec in specs:
        name = manifest_name(spec) or spec
        if is_url(name):
            continue
        if is_shard(name) or manifest_name(spec) is not None:
            with open_file(name, None):
                pass
        elif not Path(name).is_dir() and any(source.live for source in resolve([name])):
            raise ConfigError(f"{name}: has no end, expected files where several processes share the work")


def count_items(specs: Sequence[str]) -> int | None:
    """How many items there will be; None where that is only known at the end."""
    total = 0
    for spec in specs:
        if is_archive(spec) or is_url(spec):
            return None
        if not Path(spec).is_dir():
            total += len(resolve([spec]))
            continue
        names, _ = _names(spec)
        if any(map(is_shard, names)):
            return None
        total += len(names)
    return total


def items_of(specs: Sequence[str], notes: list[str]) -> Iterator[Item]:
    """Every item of every source, in their order.

    A file that is named twice is read once, as in one process. Another item of a name that was there is refused:
    behind it may be something else. Of several sources digests of the names are remembered: those of one folder, glob
    or shard differ anyway.

    Args:
        specs: what the user typed; "@FILE" is a manifest.
        notes: gets a sentence for what is left out.
    """
    taken: set[bytes] | None = None if len(specs) == 1 and manifest_name(specs[0]) is None else set()
    twice = 0
    for spec in specs:
        for item in _source(spec, notes):
            if taken is not None and item.kind != "refused":
                known = blake2b(os.fsencode(item.name), digest_size=12).digest()
                if known in taken and item.kind in ("file", "scene"):
                    twice += 1
                    continue
                if known in taken:
                    yield refused(item.name, "is named twice, expected once: the second one is left out")
                    continue
                taken.add(known)
            yield item
            del item
    if twice:
        notes.append(f"{twice} file{'s are' if twice > 1 else ' is'} given twice and read once")


def _source(spec: str, notes: list[str]) -> Iterator[Item]:
    manifest = manifest_name(spec)
    if manifest is None:
        yield from _expanded(Wanted(spec), notes)
        return
    empty = True
    for wanted in read_manifest(_open(manifest), manifest):
        empty = False
        if isinstance(wanted, Item):
            yield wanted
        else:
            yield from _expanded(wanted, notes, listed=True)
    if empty:
        yield refused(manifest, "lists nothing, expected a path or an address on a line")


def _expanded(wanted: Wanted, notes: list[str], *, listed: bool = False) -> Iterator[Item]:
    """The items of one source, of a manifest where it is listed."""
    url = wanted.url
    name = shown(url) if is_url(url) else url
    is_folder = url.endswith("/") if is_url(url) else Path(url).is_dir()
    try:
        if (wanted.size is not None or wanted.sha256) and (is_folder or is_shard(name)):
            yield refused(name, "has a size or a checksum in the manifest, which images alone may have")
        elif is_url(url):
            yield from _stored(wanted, listed)
        elif is_folder:
            yield from _folder(url, notes)
        elif is_shard(url):
            yield from _shard(url)
        else:
            for source in resolve([url], notes):
                name = source.name
                yield refused(url, "has no end, expected a file") if source.live else _file(name, wanted, _status(name))
    except (SourceError, ConfigError, OSError) as error:
        yield refused(name, _reason(name, error))


def _stored(wanted: Wanted, listed: bool) -> Iterator[Item]:
    """The items at an address. Raises SourceError where nothing is there."""
    empty = True
    for entry in entries(wanted.url, listed=listed):
        name = shown(entry.url)
        if is_shard(name):
            yield from _shard(entry.url)
        elif entry.url == wanted.url:
            yield _remote(entry.url, name, entry.stamp, wanted)
        elif name.lower().endswith(SUFFIXES):
            yield _remote(entry.url, name, entry.stamp, Wanted(entry.url))
        else:
            continue
        empty = False
    if empty:
        raise SourceError(f"nothing to read is there (looked for {', '.join(_WANTED)})")


def _shard(url: str) -> Iterator[Item]:
    """The items of a shard, by path or address."""
    name = shown(url) if is_url(url) else url
    try:
        file = _open(url)
    except (SourceError, ConfigError, OSError) as error:
        yield refused(name, _reason(name, error))
        return
    yield from read_shard(file, name)


def _reason(name: str, error: Exception) -> str:
    """What follows the name of what cannot be read."""
    text = str(error) if not isinstance(error, OSError) else error.strerror or str(error)
    return text.removeprefix(f"{name}: ")


def _folder(folder: str, notes: list[str]) -> Iterator[Item]:
    """Images and shards directly in a folder, by name: names alone are in memory."""
    names, others = _names(folder)
    if others:
        notes.append(f"{folder}: {others} other files or folders left out")
    if not names:
        yield refused(folder, f"no images in this folder (looked for {', '.join(_WANTED)})")
    prefix = str(Path(folder, "x"))[:-1]  # pathlib once, and plain os calls for each of millions
    for name in names:
        path = prefix + name
        status = _status(path)
        if status is not None and S_ISDIR(status.st_mode):
            continue
        if is_shard(name):
            yield from _shard(path)
        else:
            yield _file(path, Wanted(path), status)


def _names(folder: str) -> tuple[list[str], int]:
    """The names of images and shards, sorted; how many others there are."""
    with os.scandir(folder) as found:
        names = [entry.name for entry in found if not entry.name.startswith(".")]
    wanted = sorted(name for name in names if name.lower().endswith(_WANTED))
    return wanted, len(names) - len(wanted)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116
    except OSError:  # said when it is read
        return None


def _file(name: str, wanted: Wanted, status: os.stat_result | None) -> Item:
    stamp = "" if status is None else file_stamp(name, status)
    pixels = _scene_pixels(name)
    return Item(name, "scene" if pixels else "file", b"", stamp, wanted.size, wanted.sha256, pixels=pixels)


def _scene_pixels(name: str) -> int:
    """Pixels of a file of which many can read windows: a large TIFF; 0 of any other."""
    if not name.lower().endswith((".tif", ".tiff")) or not is_installed():
        return 0
    try:
        header = read_header(name, most_bytes=None)
    except ImageError:  # said when it is read
        return 0
    pixels = header.shape[0] * header.shape[1]
    return pixels if header.format == "TIFF" and pixels > opening.LARGE else 0


def _remote(url: str, name: str, stamp: str, wanted: Wanted) -> Item:
    if url.lower().startswith("memory:"):  # of this process alone
        return Item(name, "content", read_url(url), stamp, wanted.size, wanted.sha256)
    return Item(name, "url", b"", stamp, wanted.size, wanted.sha256, address=url)


def _open(name: str) -> BinaryIO:
    if is_url(name):
        return open_url(name)
    return open_input(name, pipes=False)
