"""Shards and object stores give the images that a folder gives; what is hostile in them is a sentence."""

import gzip
import io
import os
import random
import tarfile
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scale_results
from scale_shards import parquet_of, read, tar_of, zip_of

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.errors import SourceError
from shipedge.scale import shards, tar
from shipedge.scale.inputs import items_of
from shipedge.scale.shards import read_shard
from shipedge.scale.tar import read_tar


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "zip", "parquet", "nested.parquet"])
def test_a_shard_gives_what_its_folder_gives(predict, six_images, tmp_path, suffix):
    others = {**six_images, "0.json": b"{}", "._0.png": b"\0", "0.cls": b"1"}
    content = {
        "tar": lambda: tar_of(others),
        "tar.gz": lambda: gzip.compress(tar_of(others)),
        "zip": lambda: zip_of(others),
        "parquet": lambda: parquet_of(six_images),
        "nested.parquet": lambda: parquet_of(six_images, nested=True),
    }[suffix]()
    (tmp_path / f"s.{suffix}").write_bytes(content)
    done = predict(f"s.{suffix}", "--out", "shard")
    assert done.exit_code == 0, done.stderr
    predict("in", "--out", "folder")
    found, wanted = scale_results.results(tmp_path / "shard"), scale_results.results(tmp_path / "folder")
    assert [one.pop("source") for one in found] == [f"s.{suffix}/{k}.png" for k in range(6)]
    assert [one.pop("source") for one in wanted] == [f"in/{k}.png" for k in range(6)]
    assert found == wanted


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_of_every_length(form):
    files = {f"{'d' * length}/{'f' * 60}.png": bytes([length]) for length in (1, 39, 90, 150)}
    if form != tarfile.USTAR_FORMAT:
        files |= {f"{'a' * 300}.png": b"long", "schiff-\u00fc\u6f22.jpg": b"unicode"}
    assert read(tar_of(files, form)) == ({f"s.tar/{name}": content for name, content in files.items()}, [])


def test_two_archives_one_behind_the_other():
    found, troubles = read(tar_of({"a.png": b"1"}) + tar_of({"b.png": b"2"}))
    assert (found, troubles) == ({"s.tar/a.png": b"1", "s.tar/b.png": b"2"}, [])


@pytest.mark.parametrize(
    "name", ["../out.png", "/etc/passwd.png", "a/../../b.png", "a//b.png", "C:\\a.png", "a/./b.png"]
)
@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_names_that_lead_elsewhere(make, name):
    found, (trouble,) = read(make({name: b"1", "good.png": b"2"}), "s.zip" if make is zip_of else "s.tar")
    assert list(found.values()) == [b"2"]
    assert "its name leads elsewhere, expected one inside of the shard" in trouble


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices(kind):
    found, (trouble,) = read(tar_of({"a.png": b"", "b.png": b"2"}, kinds={"a.png": kind}))
    assert found == {"s.tar/b.png": b"2"}
    assert trouble.startswith("s.tar/a.png: is a ")


def test_a_name_that_comes_twice():
    found, troubles = read(tar_of([("a.png", b"1"), ("a.png", b"2"), ("b.png", b"3")]))
    assert found == {"s.tar/a.png": b"1", "s.tar/b.png": b"3"}
    assert troubles == ["s.tar/a.png: comes twice in this shard, expected once: the second one is left out"]


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_member_that_is_too_large(make, monkeypatch):
    monkeypatch.setattr(shards, "_MOST_BYTES", 1000)
    found, (trouble,) = read(make({"a.png": bytes(1001), "b.png": b"2"}), "s.zip" if make is zip_of else "s.tar")
    assert list(found.values()) == [b"2"]
    assert trouble.endswith("1001 bytes, expected at most 1000")


def test_a_bomb_in_gzip(monkeypatch):
    monkeypatch.setattr(tar, "_FREE", 1 << 16)
    content = gzip.compress(tar_of({"a.png": b"1"})[:1024] + bytes(1 << 24))
    found, (trouble,) = read(content, "s.tar.gz")
    assert list(found.values()) == [b"1"]
    assert "which no images do" in trouble


def test_a_header_that_claims_gigabytes():
    info = tarfile.TarInfo("a.png")
    info.size, info.type = 1 << 33, tarfile.XHDTYPE
    _, (trouble,) = read(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    assert "8589934592 bytes long, expected a name" in trouble


@pytest.mark.parametrize("name", ["s.tar", "s.tar.gz", "s.zip", "s.parquet"])
def test_what_is_no_shard(name):
    for content in (b"", b"\0", random.Random(2).randbytes(5000), b"PK\x05\x06" + bytes(18)):
        found, troubles = read(content, name)
        assert found == {}
        assert len(troubles) == 1
        assert troubles[0].startswith(f"{name}: ")


@given(st.integers(0, 1), st.data())
def test_cut_off_anywhere(packed, data):
    files = {f"{k}.png": bytes([k]) * 700 for k in range(4)}
    whole = tar_of(files, tarfile.USTAR_FORMAT)
    content = gzip.compress(whole) if packed else whole
    cut = data.draw(st.integers(0, len(content) - (1 if packed else tarfile.RECORDSIZE // 2)))
    found, troubles = read(content[:cut], "s.tar.gz" if packed else "s.tar")
    assert all(files[name.rpartition("/")[2]] == value for name, value in found.items())
    if len(found) < 4 or packed:
        assert troubles


@given(st.binary(max_size=3000))
def test_any_bytes_are_no_tar(content):
    empty = len(content) % 512 == 0 and not any(content)
    with nullcontext() if empty else pytest.raises(SourceError, match=r"is (cut off|damaged) at byte \d+"):
        list(read_tar(io.BytesIO(content), (".png",), 100))


@given(st.integers(0, 4095), st.integers(0, 255))
def test_a_changed_byte(at, value):
    files = {f"{k}.png": bytes([k]) * 700 for k in range(3)}
    content = bytearray(tar_of(files, tarfile.USTAR_FORMAT))
    content[at] = value
    read(bytes(content))


def test_a_member_that_is_no_image_fails_alone(predict, six_images, tmp_path):
    (tmp_path / "s.tar").write_bytes(tar_of({**six_images, "bad.png": b"nothing"}))
    done = predict("s.tar", "--out", "out", "--workers", "2", "--block-images", "2")
    assert done.exit_code == 1
    assert (tmp_path / "out" / "failed.txt").read_text() == "s.tar/bad.png\n"
    assert len(scale_results.results(tmp_path / "out")) == 7


def test_shards_that_cannot_be_opened_leave_the_other_files(predict, six_images, tmp_path):
    (tmp_path / "in" / "1.tar").symlink_to("nowhere")
    os.mkfifo(tmp_path / "in" / "2.zip")
    done = predict("in", "--workers", "1", "--out", "out")
    assert done.exit_code == 1
    found = scale_results.results(tmp_path / "out")
    assert [one["source"] for one in found if one["event"] == "frame"] == [f"in/{name}" for name in six_images]
    assert sorted(one["message"].partition(": ")[0] for one in found if one["event"] == "error") == [
        "in/1.tar",
        "in/2.zip",
    ]


def test_a_shard_that_does_not_exist(predict):
    for name in ("none.tar", "@none.txt"):
        done = predict(name)
        assert done.exit_code == 1
        assert "cannot be read: No such file or directory" in done.stderr


def test_memory_store(six_images):
    fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed (extra scale)")
    store = fsspec.filesystem("memory")
    for name, content in six_images.items():
        store.pipe(f"/shipedge/in/{name}", content)
    store.pipe("/shipedge/s.tar", tar_of(six_images))
    try:
        for url in ("memory://shipedge/in", "memory://shipedge/in/*.png", "memory://shipedge/s.tar"):
            items = list(items_of([url], []))
            assert [item.content for item in items] == list(six_images.values())
            assert len({item.name for item in items}) == 6
        (missing,) = items_of(["memory://shipedge/none.png"], [])
        assert "no such file or folder" in missing.trouble
        for url in ("memory://shipedge/none/*.png", "memory://shipedge/in/*.gif"):
            (nothing,) = items_of([url], [])
            assert "nothing to read is there" in nothing.trouble
        store.pipe("/shipedge/odd/a[1].png", six_images["0.png"])
        for url in ("memory://shipedge/odd/a[1].png", "memory://shipedge/odd/"):
            (item,) = items_of([url], [])
            assert item.name.endswith("/shipedge/odd/a[1].png")
            assert item.content == six_images["0.png"]
        (secret,) = items_of(["s3://key:secret@bucket/a.png"], [])
        assert "expected credentials in the environment" in secret.trouble
        assert "secret" not in secret.trouble
    finally:
        store.rm("/shipedge", recursive=True)


class Failing(io.BytesIO):
    """A file of a store that breaks off; what it raises is neither an OSError nor a ValueError."""

    def __init__(self, content, at, error):
        super().__init__(content)
        self.at, self.error = at, error

    def read(self, size=-1):
        here = self.tell()
        data = super().read(size)
        if here < self.at < self.tell():
            raise self.error
        return data


class StoreError(Exception):
    """Of a library."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "StoreError"),
        ("403, message='No',\nurl='https://a.b/s?signature=secret'", "403, message='No', url='https://a.b/s"),
        ("Max retries exceeded with url: /s?signature=secret (Caused by X)", "(Caused by X)"),
    ],
)
@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "zip", "parquet"])
def test_a_store_that_fails_in_the_middle(suffix, text, expected):
    files = {f"{k}.png": random.Random(k).randbytes(1 << 20) for k in range(4)}
    content = {
        "tar": lambda: tar_of(files),
        "tar.gz": lambda: gzip.compress(tar_of(files), 1),
        "zip": lambda: zip_of(files),
        "parquet": lambda: parquet_of(files, rows=1),
    }[suffix]()
    broken = Failing(content, 5 << 19, StoreError(text))
    items = list(read_shard(broken, f"s.{suffix}"))
    assert [item.content for item in items[:-1]] == list(files.values())[:2]
    assert items[-1].trouble.startswith(f"s.{suffix}: cannot be read: ")
    assert items[-1].trouble.endswith(f"{expected}; after 2 members")
    assert "secret" not in items[-1].trouble
    assert broken.closed
