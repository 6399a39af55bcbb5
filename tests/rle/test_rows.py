"""Rows of a data set: many texts, missing values, threads, and the real CSV."""

import copy
import csv
import lzma
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import reference
from shipedge import rle
from shipedge.errors import RleFormatError

REAL = Path(__file__).resolve().parents[3] / "shared/data/airbus/train_ship_segmentations_v2.partial.csv.xz"
NAN = float("nan")


def union_of(texts, shape):
    mask = np.zeros(shape, np.uint8)
    for text in texts:
        if isinstance(text, str):
            mask |= reference.decode(text, shape)
    return mask


def random_rows(rng, images, shape):
    rows = []
    for _ in range(images):
        texts = [reference.encode(rng.random(shape) < rng.choice([0.0, 0.01, 0.4])) for _ in range(rng.integers(0, 4))]
        rows.append([*texts, *rng.permutation(np.array([None, NAN, ""], object))[: rng.integers(0, 3)]])
    return rows


def test_union_of_rows_with_missing_values():
    rng = np.random.default_rng(1)
    for texts in random_rows(rng, 60, (50, 41)):
        out = np.full((50, 41), 9, np.uint8)
        np.testing.assert_array_equal(rle.decode_union(texts, (50, 41)), union_of(texts, (50, 41)))
        assert rle.decode_union(tuple(texts), (50, 41), out=out) is out
        np.testing.assert_array_equal(out, union_of(texts, (50, 41)))


def test_the_na_of_pandas_is_no_ship():
    missing = type("NAType", (), {"__module__": "pandas._libs.missing"})()
    np.testing.assert_array_equal(rle.decode_union([missing, "1 3", None], (4, 4)), union_of(["1 3"], (4, 4)))
    stranger = type("NAType", (), {"__module__": "mine"})()
    with pytest.raises(RleFormatError, match="text is of type NAType"):
        rle.decode_union([stranger], (4, 4))


def test_overlapping_rows_are_one_mask():
    texts = ["1 2500", "500 1500", "2 1", "1000 3000"]  # large and small, painted in different ways
    np.testing.assert_array_equal(rle.decode_union(texts, (80, 60)), union_of(texts, (80, 60)))


def test_batch_fills_the_given_array():
    rows = random_rows(np.random.default_rng(2), 9, (33, 70))
    out = np.full((9, 33, 70), 9, np.uint8)
    assert rle.decode_batch(rows, out) is None
    for mask, texts in zip(out, rows, strict=True):
        np.testing.assert_array_equal(mask, union_of(texts, (33, 70)))
    rle.decode_batch([], np.zeros((0, 33, 70), np.uint8))


def test_numpy_columns_are_rows_too():
    column = np.array(["1 3", NAN, None, "5 2"], object)
    np.testing.assert_array_equal(rle.decode_union(column, (4, 4)), union_of(column, (4, 4)))
    np.testing.assert_array_equal(rle.decode_union((t for t in ["1 3"]), (4, 4)), union_of(["1 3"], (4, 4)))


def test_a_refused_row_is_named_and_nothing_is_written():
    out = np.full((4, 4), 9, np.uint8)
    with pytest.raises(RleFormatError) as caught:
        rle.decode_union(["1 3", None, "5 2 6 1"], (4, 4), out=out)
    assert str(caught.value) == "texts[2]: run 2 starts at 6, expected 7 or later"
    assert (out == 9).all()
    with pytest.raises(RleFormatError) as caught:
        rle.decode_union(["1 3", 7], (4, 4))
    assert str(caught.value) == "texts[1]: text is of type int, expected a string of runs"


def test_a_refused_row_of_a_batch_is_named():
    out = np.full((3, 4, 4), 9, np.uint8)
    with pytest.raises(RleFormatError) as caught:
        rle.decode_batch([["1 3"], ["1 1", "1 x"], ["2 2"]], out)
    assert str(caught.value) == "rows[1][1]: character 3 is 'x', expected a digit or a space"
    assert (out == 9).all()


@pytest.mark.parametrize(
    ("rows", "out", "error", "sentence"),
    [
        ([[]], np.zeros((2, 4, 4), np.uint8), ValueError, "rows holds 1 images, expected 2 as out has"),
        ([[]], np.zeros((4, 4), np.uint8), ValueError, "out has shape (4, 4), expected (n, height, width)"),
        ([[]], np.zeros((1, 4, 4)), TypeError, "out has dtype float64, expected uint8"),
        ([[]], np.zeros((1, 4, 8), np.uint8)[:, :, ::2], ValueError, "out is not C-contiguous"),
        (["1 2"], np.zeros((1, 4, 4), np.uint8), TypeError, "rows[0] is one string, expected a list"),
        ("1 2", np.zeros((1, 4, 4), np.uint8), TypeError, "rows is one string, expected a list"),
        ([None], np.zeros((1, 4, 4), np.uint8), TypeError, "rows[0] is of type NoneType, expected a list"),
    ],
)
def test_wrong_batches(rows, out, error, sentence):
    with pytest.raises(error) as caught:
        rle.decode_batch(rows, out)
    assert sentence in str(caught.value)


def test_an_iterator_that_fails_keeps_its_own_error():
    def broken():
        yield "1 2"
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        rle.decode_union(broken(), (4, 4))


class Shrinking:
    """An integer that empties the list it stands in while it is being read."""

    def __init__(self, home):
        self.home = home

    def __index__(self):
        self.home.clear()
        return 1


def test_a_list_that_shrinks_while_it_is_read():
    counts = []
    counts += [Shrinking(counts), 3, 12]
    assert rle.to_coco(rle.from_coco(counts, (4, 4))) == [1, 3, 12]


def test_threads_share_values_and_their_own_buffers():
    rng = np.random.default_rng(3)
    shape = (130, 190)
    masks = [(rng.random(shape) < density).astype(np.uint8) for density in (0.001, 0.05, 0.5, 0.9)]
    texts = [reference.encode(mask) for mask in masks]
    values = [rle.parse(text, shape) for text in texts]
    truth = union_of(texts, shape)
    everything = rle.union(values, shape)

    def hammer(seed):
        order = np.random.default_rng(seed).integers(0, len(masks), 150)
        out = np.empty((4, *shape), np.uint8)
        for k in order:
            assert rle.encode(masks[k]) == texts[k] == values[k].to_airbus()
            assert rle.parse(texts[k], shape) == values[k] == copy.copy(values[k])
            rle.decode_batch([[text] for text in texts], out)
            np.testing.assert_array_equal(out, masks)
            assert rle.union(values, shape) == everything
            np.testing.assert_array_equal(rle.decode_union(texts, shape, out=out[0]), truth)
            with pytest.raises(RleFormatError):
                rle.decode(texts[k] + " x", shape)
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(hammer, range(8)))


@pytest.mark.shared
def test_every_row_of_the_real_csv():
    if not REAL.exists():
        pytest.skip(f"{REAL} is not there")
    with lzma.open(REAL, "rt", newline="") as file:
        texts = [row["EncodedPixels"] for row in csv.DictReader(file)]
    ships = [text for text in texts if text]
    assert len(ships) == 40798
    for text in ships:
        assert rle.parse(text).to_airbus() == text
    for text in ships[::50]:
        mask = rle.decode(text)
        np.testing.assert_array_equal(mask, reference.decode(text, (768, 768)))
        assert rle.encode(mask) == text
