"""Arrays that change while they are read: some mask or a refusal, never an impossible value or a signal."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from shipedge import rle
from stress import expect_mask, in_a_loop, reshape_in_place

STRESS = Path(__file__).parents[1] / "stress.py"


def test_everything_at_once():
    done = subprocess.run(
        [sys.executable, STRESS, "--seconds", "3"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def raced(call, write, seconds=1.5):
    """Results of calls that were not refused, while another thread writes."""
    stopped, failures = threading.Event(), []
    thread = in_a_loop(lambda _: write(), stopped, failures)
    end = time.monotonic() + seconds
    results = []
    while time.monotonic() < end:
        try:
            results.append(call())
        except ValueError:
            continue
    stopped.set()
    thread.join()
    assert failures == []
    assert results
    return results


@pytest.mark.parametrize("rule", ["even-odd", "union"])
def test_points_that_move(rule):
    width, count = 60_000, 2000
    points = np.stack([np.linspace(0, width, count), np.random.default_rng(0).random(count) * 1000], axis=1)
    good = points.copy()

    def write():
        points[:, 0] = width / 2
        points[:] = good

    for mask in raced(lambda: rle.from_polygons([points, [[1, 1], [9, 1], [5, 8]]], (1000, width), rule), write):
        expect_mask(mask)


@pytest.mark.parametrize("view", [np.asarray, np.transpose, lambda labels: labels[:, ::2]], ids=["C", "F", "strided"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "i8"])
def test_labels_that_change(view, dtype):
    """More than 1,024 columns: what one strip of them left behind must not reach the next."""
    labels = np.random.default_rng(0).integers(1, 3, (2, 20_000)).astype(dtype)
    good = labels.copy()
    changing = view(labels)

    def write():
        labels[:] = 0
        labels[:] = good

    for parts in raced(lambda: rle.from_labels(changing), write, 0.5):
        for mask in parts.values():
            expect_mask(mask)


@pytest.mark.parametrize("view", [np.asarray, np.transpose, lambda mask: mask[::2, ::3]], ids=["C", "F", "strided"])
def test_pixels_that_change(view):
    mask = (np.random.default_rng(0).random((700, 900)) < 0.3).astype(np.uint8)
    good = mask.copy()
    changing = view(mask)

    def write():
        mask[:] = 0
        mask[:] = good

    for part in raced(lambda: rle.Rle.from_mask(changing), write, 0.5):
        expect_mask(part)
    for text in raced(lambda: rle.encode(changing), write, 0.5):
        expect_mask(rle.parse(text, changing.shape))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", [(1, 200_000, 1), (200_000, 1), (100_000, 2, 1)])
def test_a_batch_whose_array_got_another_shape(shape, threads):
    out = np.zeros((200_000, 1, 1), np.uint8)
    painter = rle.MaskBatch(out, threads)
    reshape_in_place(out, shape)
    with pytest.raises(ValueError, match=r"^out .*expected \((200000, 1, 1|n, height, width)\)"):
        painter.paint([["1 1"]])
    assert out.sum() == 0
    reshape_in_place(out, (200_000, 1, 1))
    assert painter.paint([["1 1"]] * 200_000).sum() == 200_000


def test_a_batch_whose_array_got_other_memory():
    out = np.zeros((2, 300, 300), np.uint8)
    painter = rle.MaskBatch(out)
    with pytest.raises(ValueError, match="resize"):
        out.resize((2, 9, 9))  # NumPy keeps the memory that somebody else refers to
    out.resize((2, 300, 301), refcheck=False)
    with pytest.raises(ValueError, match=r"^out changed its shape or memory .* expected \(2, 300, 300\)"):
        painter.paint([["1 1"], ["1 1"]])


class Rows:
    """A sequence that runs the caller's code while it is read."""

    def __init__(self, rows, code):
        self.rows, self.code = rows, code

    def __iter__(self):
        self.code()
        return iter(self.rows)


def shrink(out):
    """What NumPy allows with the caller's word that nobody looks."""
    out.resize((1, 2, 3), refcheck=False)


def flatten(out):
    reshape_in_place(out, (1, 500 * 4, 5))


@pytest.mark.parametrize("change", [shrink, flatten])
@pytest.mark.parametrize("count", [1, 500])
def test_rows_whose_reading_changes_the_array(count, change):
    out = np.zeros((500, 4, 5), np.uint8)
    with pytest.raises(ValueError, match="out changed its shape or memory"):
        rle.decode_batch(Rows([["1 1"]] * count, lambda: change(out)), out)
    assert out.sum() == 0


def test_images_whose_reading_gives_the_array_another_shape(tmp_path):
    path = tmp_path / "ships.csv"
    path.write_text("ImageId,EncodedPixels\na.jpg,1 2\nb.jpg,7 1\n")
    index = rle.open_csv(path)
    out = np.zeros((500, 4, 5), np.uint8)
    ids = Rows(["a.jpg"] * 500, lambda: reshape_in_place(out, (1, 500 * 4, 5)))
    with pytest.raises(ValueError, match="ids holds 500 images, expected 1 as out has"):
        index.decode_batch(ids, out)


def test_numbers_that_run_code_while_a_batch_is_made():
    class Threads:
        def __index__(self):
            out.resize((1, 1, 1), refcheck=False)
            return 2

    out = np.zeros((500, 40, 50), np.uint8)
    with pytest.raises(ValueError, match="rows holds 500 images, expected 1 as out has"):
        rle.decode_batch([["1 1"]] * 500, out, Threads())


class Liar(np.ndarray):
    """Converts itself into something else than it is asked for."""

    def astype(self, *_, **__):
        return np.zeros((1, 1), "V3")


@pytest.mark.parametrize("dtype", [">i4", "<i4", "<i8"])
def test_arrays_that_lie_about_themselves(dtype):
    pixels = np.array([[0, 3, 3], [0, 0, 7]], dtype)
    liar = pixels.view(Liar)
    assert rle.encode(liar) == rle.encode(pixels)
    assert rle.from_labels(liar) == rle.from_labels(pixels)


def test_objects_that_lie_about_their_type():
    class Fake:
        __class__ = rle.Rle

    for call in (rle.components, rle.component_texts, rle.encode):
        with pytest.raises(TypeError, match="expected a NumPy array"):
            call(Fake())
    with pytest.raises(TypeError, match="expected Rle"):
        rle.areas([Fake()])
