"""Shards: one file that holds many images (tar as WebDataset writes it, zip, Parquet), read from front to back.

Nothing of a shard is trusted: a member with an impossible name, size or content is refused by one sentence, and where
the file itself is damaged the members before that are kept.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

from shipedge.errors import SourceError
from shipedge.images.header import SUFFIXES
from shipedge.scale.blocks import Item, refused
from shipedge.scale.tar import Member, Packed, read_tar

__all__ = ["SHARDS", "is_shard", "read_shard"]

SHARDS = (".tar", ".tar.gz", ".tgz", ".zip", ".parquet")
_MOST_BYTES = 1 << 28
"""Of a member: it is handed on in memory."""
_MOST_MEMBERS = 1 << 22
"""Of a shard: their names are remembered, because two may be the same."""
_MOST_AT_ONCE = 1 << 26
"""Bytes that a directory of members, or a page of Parquet, may have."""
_IMAGES = ("image", "jpg", "jpeg", "png", "bytes", "content", "data", "img")
_NAMES = ("path", "name", "filename", "file_name", "image_id", "id", "__key__", "key")


def is_shard(name: str) -> bool:
    """Whether a file is taken for a shard, by its suffix."""
    return name.lower().endswith(SHARDS)


def read_shard(file: BinaryIO, name: str) -> Iterator[Item]:
    """Every image of a shard, as SHARD/MEMBER.

    Args:
        file: open; closed at the end.
        name: path or address of the shard.
    """
    taken: set[int] = set()
    suffix = name.lower()
    with file:
        try:
            if suffix.endswith(".zip"):
                members = _zip(file)
            elif suffix.endswith(".parquet"):
                members = _parquet(file)
            else:
                members = read_tar(file if suffix.endswith(".tar") else Packed(file), SUFFIXES, _MOST_BYTES)
            for member in members:
                if member.name.rsplit("/", 1)[-1].startswith("."):  # the ._NAME.jpg of macOS
                    continue
                yield _item(name, member, taken)
                del member
            if not taken:
                yield refused(name, f"holds no image (looked for {', '.join(SUFFIXES)})")
        except (SourceError, OSError, ValueError) as error:
            text = " ".join(str(getattr(error, "strerror", None) or error).split())
            yield refused(name, f"{text.removeprefix(f'{name}: ')}; after {len(taken)} members")


def _item(shard: str, member: Member, taken: set[int]) -> Item:
    name = member.name.removeprefix("./")
    parts = name.split("/")
    if not name or "\0" in name or "\\" in name or any(part in ("", ".", "..") for part in parts):
        taken.add(len(taken))
        return refused(f"{shard}/{name!r}", "its name leads elsewhere, expected one inside of the shard")
    known = hash(name)
    if known in taken:
        return refused(f"{shard}/{name}", "comes twice in this shard, expected once: the second one is left out")
    taken.add(known)
    if len(taken) > _MOST_MEMBERS:
        raise SourceError(f"has more than {_MOST_MEMBERS} members: make several shards of it")
    if member.trouble:
        return refused(f"{shard}/{name}", member.trouble)
    stamp = f"{len(member.content)} {zlib.crc32(member.content):08x}"
    return Item(f"{shard}/{name}", "content", member.content, stamp)


class _Bounded:
    """A file of which nobody reads much at once: readers trust the lengths that a file claims."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(min(size, _MOST_AT_ONCE) if size >= 0 else _MOST_AT_ONCE + 1)
        if len(data) >= _MOST_AT_ONCE and size != len(data):
            raise SourceError(f"has a part of more than {_MOST_AT_ONCE} bytes: make several shards of it")
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _zip(file: BinaryIO) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(_Bounded(file))
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise SourceError(f"is no whole zip file: {error}") from None
    with archive:
        for info in archive.infolist():
            if info.is_dir() or not info.filename.lower().endswith(SUFFIXES):
                continue
            yield _unzipped(archive, info)


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    name = info.orig_filename
    if info.flag_bits & 1:
        return Member(name, b"", "is encrypted, expected a member that everybody can read")
    if info.file_size > _MOST_BYTES:
        return Member(name, b"", f"{info.file_size} bytes, expected at most {_MOST_BYTES}")
    if (info.external_attr >> 16) & 0o170000 == 0o120000:
        return Member(name, b"", "is a link, expected an image file")
    try:
        with archive.open(info) as packed:
            content = packed.read(_MOST_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        return Member(name, b"", f"cannot be unpacked: {' '.join(str(error).split()) or type(error).__name__}")
    if len(content) > _MOST_BYTES:
        return Member(name, b"", f"over {_MOST_BYTES} bytes, expected at most that")
    return Member(name, content)


def _parquet(file: BinaryIO) -> Iterator[Member]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise SourceError("needs pyarrow: pip install 'shipedge[scale]'") from None
    try:
        table = parquet.ParquetFile(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise SourceError(f"is no whole Parquet file: {error}") from None
    images, names = _columns(table.schema_arrow)
    columns = [images] if names is None else [images, names]
    row = 0
    try:
        for batch in table.iter_batches(batch_size=16, columns=columns):
            for number in range(batch.num_rows):
                value = batch.column(images)[number].as_py()
                name = None if names is None else batch.column(names)[number].as_py()
                if isinstance(value, dict):
                    name, value = name or value.get("path"), value.get("bytes")
                label = str(name) if name else f"row-{row:06d}"
                yield Member(label, value or b"", "" if value else "is empty, expected the bytes of an image")
                row += 1
    except (pyarrow.ArrowException, OSError) as error:
        raise SourceError(f"is damaged behind row {row}: {error}") from None


def _columns(schema: Any) -> tuple[str, str | None]:
    """The column of images, and that of their names."""
    import pyarrow

    def is_bytes(kind: Any) -> bool:
        if pyarrow.types.is_struct(kind):
            return any(field.name == "bytes" and is_bytes(field.type) for field in kind)
        return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))

    found = [field.name for field in schema if is_bytes(field.type)]
    if len(found) > 1:
        found = [name for name in _IMAGES if name in found][:1] or found
    if len(found) != 1:
        _refuse_columns(schema)
    texts = [f.name for f in schema if pyarrow.types.is_string(f.type) or pyarrow.types.is_large_string(f.type)]
    return found[0], next((name for name in _NAMES if name in texts), None)


def _refuse_columns(schema: Any) -> NoReturn:
    names = ", ".join(schema.names[:8])
    raise SourceError(f"its columns are {names}, expected one of type binary that holds images, called {_IMAGES[0]}")
