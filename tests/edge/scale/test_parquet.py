"""Parquet files as shards: read as a stream, whatever their rows and groups become."""

import io
import random
import subprocess
import sys

import pytest

from scale_shards import parquet_of, read
from shipedge.scale import shards
from shipedge.scale.shards import read_shard


def test_parquet_with_other_columns():
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra scale)")
    from pyarrow import parquet

    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table({"a": [1], "b": ["x"]}), buffer)
    _, (trouble,) = read(buffer.getvalue(), "s.parquet")
    assert "its columns are a, b, expected one of type binary that holds images" in trouble


def test_rows_of_parquet_that_are_too_large(monkeypatch):
    monkeypatch.setattr(shards, "_MOST_BYTES", 1000)
    for nested in (False, True):
        content = parquet_of({"a.png": b"1", "b.png": bytes(1001), "c.png": b"", "d.png": b"4"}, nested)
        found, troubles = read(content, "s.parquet")
        assert found == {"s.parquet/a.png": b"1", "s.parquet/d.png": b"4"}
        assert troubles == [
            "s.parquet/b.png: 1001 bytes, expected at most 1000",
            "s.parquet/c.png: is empty, expected the bytes of an image",
        ]


def test_a_row_group_of_parquet_that_becomes_large(monkeypatch):
    monkeypatch.setattr(shards, "_FREE", 1 << 16)
    noise = random.Random(1).randbytes(1 << 19)  # as images are
    for nested in (False, True):
        content = parquet_of({"a.png": noise, "b.png": bytes(1 << 24)}, nested, rows=1)
        found, (trouble,) = read(content, "s.parquet")
        assert found == {"s.parquet/a.png": noise}
        assert "bytes of its row group 1 become 1677" in trouble
        assert trouble.endswith("which no images do: make smaller row groups; after 1 members")


class Watched(io.BytesIO):
    """Remembers how much was read at once."""

    most = 0

    def read(self, size=-1):
        data = super().read(size)
        self.most = max(self.most, len(data))
        return data


def test_parquet_is_read_as_a_stream():
    files = {f"{k}.png": random.Random(k).randbytes(1 << 19) for k in range(40)}
    file = Watched(parquet_of(files, rows=40, use_dictionary=False, write_batch_size=1))  # a row group, many pages
    assert [item.content for item in read_shard(file, "s.parquet")] == list(files.values())
    assert file.most < 4 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says what a process had in memory")
def test_memory_of_rows_that_share_a_value(tmp_path):
    (tmp_path / "s.parquet").write_bytes(parquet_of({f"{k}.png": bytes(32 << 20) for k in range(15)}))
    code = """
import re
from shipedge.scale.shards import read_shard
items = [(len(item.content), item.trouble) for item in read_shard(open("s.parquet", "rb"), "s.parquet")]
assert items == [(32 << 20, "")] * 15, items
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) >> 10)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert int(done.stdout) < 600, done.stderr  # MiB; batches of 16 rows take 1000
