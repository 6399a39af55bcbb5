"""Shards for tests: made of {name: bytes}, and read."""

import io
import tarfile
import zipfile

import pytest

from shipedge.scale.shards import read_shard


def tar_of(files, form=tarfile.PAX_FORMAT, kinds=None):
    """A tar file of {name: bytes or list of (name, bytes)}."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(content), (kinds or {}).get(name, tarfile.REGTYPE)
            info.linkname = "/etc/passwd" if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zip_of(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parquet_of(files, nested=False, rows=None, **options):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (extra scale)")
    import pyarrow

    if nested:
        table = pyarrow.table({"image": [{"bytes": c, "path": n} for n, c in files.items()], "label": [1] * len(files)})
    else:
        table = pyarrow.table({"path": list(files), "image": list(files.values())})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, row_group_size=rows, **options)
    return buffer.getvalue()


def read(content, name="s.tar"):
    """(those that are images, sentences of the others)."""
    items = list(read_shard(io.BytesIO(content), name))
    return {i.name: i.content for i in items if i.kind == "content"}, [i.trouble for i in items if i.kind == "refused"]
