"""Zip files as shards: what is wrong with a member is said of it alone."""

import io
import random
import zipfile

import pytest

from scale_shards import read, zip_of
from shipedge.scale import shards


def test_an_encrypted_and_a_damaged_member_of_a_zip():
    content = bytearray(zip_of({"a.png": random.Random(1).randbytes(500), "b.png": b"2" * 50, "c.png": b"3"}))
    content[60] ^= 255  # in the bytes of a.png
    directory = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    content[directory + 8] |= 1
    found, troubles = read(bytes(content), "s.zip")
    assert found == {"s.zip/c.png": b"3"}
    assert "s.zip/a.png: cannot be unpacked: " in troubles[0]
    assert "s.zip/b.png: is encrypted" in troubles[1]


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_of_every_packing(packing):
    noise = random.Random(3).randbytes(9000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name in ("a.png", "b.png", "c.png"):
            archive.writestr(name, noise)
        begin = archive.getinfo("b.png").header_offset
    content = bytearray(buffer.getvalue())
    content[begin + 4000 : begin + 4020] = b"\xff" * 20
    found, (trouble,) = read(bytes(content), "s.zip")
    assert found == {"s.zip/a.png": noise, "s.zip/c.png": noise}
    assert trouble.startswith("s.zip/b.png: cannot be unpacked: ")


def test_a_stored_member_of_a_zip_that_is_larger_than_what_is_read_at_once(monkeypatch):
    monkeypatch.setattr(shards, "_MOST_AT_ONCE", 3 << 20)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", bytes(5 << 20))
    assert read(buffer.getvalue(), "s.zip") == ({"s.zip/a.png": bytes(5 << 20)}, [])


def test_a_member_of_a_zip_without_a_name():
    found, (trouble,) = read(zip_of({"a.png": b"1", "?.png": b"2", "b.png": b"3"}).replace(b"?", b"\0"), "s.zip")
    assert found == {"s.zip/a.png": b"1", "s.zip/b.png": b"3"}
    assert trouble == "s.zip/'\\x00.png': its name leads elsewhere, expected one inside of the shard"
