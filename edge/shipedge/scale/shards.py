"""Shards: one file that holds many images (tar as WebDataset writes it, zip, Parquet), read from front to back.

Nothing of a shard is trusted: a member with an impossible name, size or content is refused by one sentence, and where
the file itself is damaged the members before that are kept.
"""

from __future__ import annotations

import re
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
"""Bytes that a directory of members may have."""
_IMAGES = ("image", "jpg", "jpeg", "png", "bytes", "content", "data", "img")
_PARQUET_AT_ONCE = 1 << 20
_FREE = 1 << 29
_FOR_A_BYTE = 8
"""Bytes that the columns of a row group of Parquet may become for each of their own beyond `_FREE`."""
_LONGEST_NAME = 1 << 16
_SIGNATURE = re.compile(r"(://[^\s?]*|url: /[^\s?]*)\?\S*")
"""What follows the question mark of an address."""
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
        except Exception as error:  # a store's library raises what it likes: the other sources go on
            yield refused(name, f"{_told(error).removeprefix(f'{name}: ')}; after {len(taken)} members")


def _told(error: Exception) -> str:
    """Why a shard cannot be read, without the signature of an address in it."""
    if isinstance(error, SourceError):
        return " ".join(str(error).split())
    text = _SIGNATURE.sub(r"\1", _text(error))
    return f"cannot be read: {text}"


def _text(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__


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
    """A file of which nobody reads much at once: readers trust the lengths that a file claims.

    Where it cannot be read, that is a SourceError: of the file, and not of the member that was asked for.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._file.read(min(size, _MOST_AT_ONCE) if size >= 0 else _MOST_AT_ONCE + 1)
        except Exception as error:
            raise SourceError(_told(error)) from None
        if len(data) >= _MOST_AT_ONCE and size != len(data):
            raise SourceError(f"has a part of more than {_MOST_AT_ONCE} bytes: make several shards of it")
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _zip(file: BinaryIO) -> Iterator[Member]:
    try:
        archive = zipfile.ZipFile(_Bounded(file))
    except SourceError:
        raise
    except Exception as error:  # zipfile checks little of a directory
        raise SourceError(f"is no whole zip file: {_text(error)}") from None
    with archive:
        for info in archive.infolist():
            if not info.filename:  # `is_dir` fails on it
                yield Member(info.orig_filename, b"")
            elif not info.is_dir() and info.filename.lower().endswith(SUFFIXES):
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
        content = _unpacked(archive, info)
    except SourceError:  # not of this member alone
        raise
    except Exception as error:  # each packing has errors of its own
        return Member(name, b"", f"cannot be unpacked: {_text(error)}")
    if len(content) > _MOST_BYTES:
        return Member(name, b"", f"over {_MOST_BYTES} bytes, expected at most that")
    return Member(name, content)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The bytes of a member, and one more where they are too many."""
    # Where little is asked for, little is read; bzip2 and LZMA unpack all of that at once.
    at_once = 1 << 20 if info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) else 1 << 12
    content = bytearray()
    with archive.open(info) as packed:
        while len(content) <= _MOST_BYTES and (data := packed.read(at_once)):
            content += data
    return bytes(content)


def _parquet(file: BinaryIO) -> Iterator[Member]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise SourceError("needs pyarrow: pip install 'shipedge[scale]'") from None
    try:
        # The default would have the whole file in memory.
        table = parquet.ParquetFile(file, pre_buffer=False, buffer_size=_PARQUET_AT_ONCE)
    except (pyarrow.ArrowException, OSError) as error:
        raise SourceError(f"is no whole Parquet file: {_text(error)}") from None
    images, names = _columns(table.schema_arrow)
    columns = [images] if names is None else [images, names]
    row = 0
    for number in range(table.num_row_groups):
        _check_group(table.metadata.row_group(number), number, columns)
        # Row by row: a value that comes often is there once, but is unpacked for each row of a batch.
        for batch in table.iter_batches(batch_size=1, row_groups=[number], columns=columns):
            yield _row(batch.column(images)[0], None if names is None else batch.column(names)[0], row)
            del batch
            row += 1


def _check_group(group: Any, number: int, columns: list[str]) -> None:
    """Raises SourceError for a row group that would become very large in memory."""
    chunks = [group.column(leaf) for leaf in range(group.num_columns)]
    wanted = [chunk for chunk in chunks if chunk.path_in_schema.split(".")[0] in columns]
    packed = sum(chunk.total_compressed_size for chunk in wanted)
    size = sum(chunk.total_uncompressed_size for chunk in wanted)
    if size > _FREE + _FOR_A_BYTE * packed:
        raise SourceError(
            f"{packed} bytes of its row group {number} become {size}, which no images do: make smaller row groups"
        )


def _row(value: Any, name: Any, row: int) -> Member:
    """The member of a row, of scalars: they are copied once it is known that they are not too large."""
    import pyarrow

    if isinstance(value, pyarrow.StructScalar):
        parts = dict(value) if value.is_valid else {}
        if name is None or not _size(name):
            name = parts.get("path")
        value = parts.get("bytes")
    label = f"row-{row:06d}"
    if name is not None and name.is_valid and _size(name) <= _LONGEST_NAME:
        label = str(name.as_py() or label)
    size = 0 if value is None else _size(value)
    if size > _MOST_BYTES:
        return Member(label, b"", f"{size} bytes, expected at most {_MOST_BYTES}")
    if size == 0:
        return Member(label, b"", "is empty, expected the bytes of an image")
    return Member(label, value.as_py())


def _size(scalar: Any) -> int:
    """Bytes of a text or of bytes; 0 of anything else."""
    buffer = scalar.as_buffer() if scalar.is_valid and hasattr(scalar, "as_buffer") else None
    return 0 if buffer is None else len(buffer)


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
