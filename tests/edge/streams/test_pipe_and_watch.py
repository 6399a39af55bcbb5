"""Images on standard input, and images that appear in a folder."""

import os
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import jpeg, number, part
from watching import Watched

from shipedge.errors import SourceError
from shipedge.frame import Frame
from shipedge.sources import Ended, resolve
from shipedge.sources.pipe import read_pipe, split
from shipedge.sources.stream import Wish
from shipedge.sources.watch import read_watched


def png(k):
    return cv2.imencode(".png", np.full((8, 8 + k, 3), k, np.uint8))[1].tobytes()


def images():
    with_preview = jpeg(2)[:2] + b"\xff\xe1\0\x0aExif\0\0\xff\xd9" + jpeg(2)[2:]  # an end marker in a segment
    return [jpeg(1), with_preview, png(3), jpeg(4)]


@given(st.lists(st.sampled_from(range(4)), max_size=6), st.randoms(use_true_random=False), st.booleans())
@settings(deadline=None, max_examples=60)
def test_images_are_found_wherever_the_pipe_cuts(which, random, headers):
    wanted = [images()[k] for k in which]
    stream = b"".join(part(content) if headers else content for content in wanted)
    pieces = []
    while stream:
        size = random.choice([1, 7, 100, 5000])
        pieces, stream = [*pieces, stream[:size]], stream[size:]
    assert list(split(iter(pieces), "stdin")) == wanted


@pytest.mark.parametrize(
    ("stream", "sentence"),
    [
        (jpeg(1) + jpeg(2)[:-50], "breaks off in the middle of an image"),
        (b"ID,EncodedPixels\n" * 1000, "something else than images came"),
        (jpeg(1) + b"x" * 10_000, "something else than images came"),
    ],
)
def test_what_is_no_image_on_standard_input(stream, sentence):
    with pytest.raises(SourceError, match=f"^stdin: {sentence}"):
        list(split(iter([stream]), "stdin"))


def test_damaged_images_are_told_and_fail_in_the_end():
    read, write = os.pipe()
    broken = bytearray(jpeg(2))
    broken[300:320] = bytes(20)
    os.write(write, jpeg(1) + bytes(broken) + jpeg(3))
    os.close(write)
    items = []

    def collect():
        for item in read_pipe("stdin", Wish(), read):
            items.append(item)

    with pytest.raises(SourceError, match=r"^stdin: 1 damaged images, the first image 1: "):
        collect()
    os.close(read)
    assert [number(item.pixels) for item in items if isinstance(item, Frame)] == [1, 3]


def named(items):
    return [Path(item.source).name for item in items if isinstance(item, Frame)]


def test_a_folder_is_watched_and_no_half_written_file_is_read(tmp_path):
    (tmp_path / "b.jpg").write_bytes(jpeg(2))
    (tmp_path / "a.jpg").write_bytes(jpeg(1))
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".c.jpg").write_bytes(jpeg(9))
    wish = Wish()
    items = []
    slow = (tmp_path / "slow.jpg").open("wb", buffering=0)
    content = jpeg(7)
    slow.write(content[:200])
    for item in read_watched(str(tmp_path), wish, look_s=0.02):
        items.append(item)
        names = named(items)
        if len(items) == 4:  # a and b, each with its end
            moved = tmp_path / ".moved"
            moved.write_bytes(jpeg(3))
            moved.rename(tmp_path / "moved.jpg")
        elif names[-1] == "moved.jpg" and isinstance(item, Ended):
            slow.write(content[200:])
            slow.close()
        elif names[-1] == "slow.jpg" and isinstance(item, Ended):
            (tmp_path / "a.jpg").write_bytes(jpeg(8) + b" ")
        elif names[-1] == "a.jpg" and len(names) > 3:
            wish.stopped.set()
    assert named(items) == ["a.jpg", "b.jpg", "moved.jpg", "slow.jpg", "a.jpg"]
    assert [number(item.pixels) for item in items if isinstance(item, Frame)] == [1, 2, 3, 7, 8]


def test_a_file_that_stays_broken_is_told_in_the_end(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg(1)[:-60])
    wish = Wish()
    (ended,) = [wish.stopped.set() or item for item in read_watched(str(tmp_path), wish, 0.01, given_up_s=0.1)]
    assert str(ended.error).startswith(f"{tmp_path / 'a.jpg'}: ")


def test_a_folder_that_goes_away(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (source,) = resolve([f"watch:{folder}"])
    threading.Timer(0.3, folder.rmdir).start()
    watched = Watched([source], lambda watched: False)
    assert str(watched.ends[0].error) == f"watch:{folder}: cannot be read any more: No such file or directory"


def test_what_is_no_folder(tmp_path):
    for spec in ("watch:", f"watch:{tmp_path / 'none'}"):
        with pytest.raises(SourceError, match="expected watch:DIR"):
            resolve([spec])
