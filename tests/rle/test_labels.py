"""Label maps: masks in and out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge import rle
from shipedge.errors import RleFormatError
from shipedge.rle import Rle

sides = st.sampled_from([0, 1, 2, 3, 7, 20, 63, 64, 65, 130])
kinds = [np.bool_, np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64, ">i4", ">u2"]


@st.composite
def images(draw):
    dtype = np.dtype(draw(st.sampled_from(kinds)))
    height = draw(sides)
    width = draw(sides.filter(lambda side: side * height <= 4200))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    numbers = np.array([0, 1, 0, high, low, 0, 2 % (high + 1), 0], dtype)
    coarse = rng.integers(0, len(numbers), (height // 3 + 1, width // 3 + 1))
    fine = np.kron(coarse, np.ones((3, 3), int))[:height, :width]
    return numbers[fine if draw(st.booleans()) else rng.integers(0, len(numbers), (height, width))]


@settings(deadline=None)
@given(images())
def test_from_labels_of_any_dtype_and_strides(labels):
    truth = {int(label): Rle.from_mask(labels == label) for label in np.unique(labels) if label}
    views = {
        "rows": labels,
        "columns": np.asfortranarray(labels),
        "every other": np.repeat(np.repeat(labels, 2, axis=0), 2, axis=1)[::2, ::2],
        "backwards": labels[::-1, ::-1].copy()[::-1, ::-1],
        "rows backwards": labels[::-1].copy()[::-1],
        "unaligned": np.frombuffer(b"x" + labels.tobytes(), labels.dtype, offset=1).reshape(labels.shape),
    }
    for name, view in views.items():
        found = rle.from_labels(view)
        assert found == truth, name
        assert list(found) == sorted(found, key=lambda label: found[label].runs[0, 0]), name


@settings(deadline=None)
@given(images())
def test_labels_there_and_back(labels):
    parts = list(rle.from_labels(labels).values())
    image = rle.to_labels(parts, labels.shape)
    assert image.dtype == np.uint8
    assert image.shape == labels.shape
    assert image.flags.c_contiguous
    for number, part in enumerate(parts, 1):
        np.testing.assert_array_equal(image == number, part.to_mask() != 0)
    assert np.count_nonzero(image) == np.count_nonzero(labels)
    assert list(rle.from_labels(image).values()) == parts


@pytest.mark.parametrize(
    ("count", "dtype"), [(0, np.uint8), (255, np.uint8), (256, np.uint16), (65535, np.uint16), (65536, np.int32)]
)
def test_the_type_of_a_image_holds_its_labels(count, dtype):
    image = rle.to_labels([Rle([[i, 1]], (300, 300)) for i in range(count)], (300, 300))
    assert image.dtype == dtype
    assert image.max() == count
    np.testing.assert_array_equal(image.ravel(order="F")[:count], np.arange(1, count + 1))
    assert len(rle.from_labels(image)) == count


def test_overlap_is_refused_with_its_place():
    ship, other = Rle([[0, 2]], (3, 4)), Rle([[10, 2]], (3, 4))
    with pytest.raises(RleFormatError) as caught:
        rle.to_labels([ship, other, Rle([[7, 4]], (3, 4))], (3, 4))
    assert str(caught.value).startswith(
        "rles[1] and rles[2] overlap at row 1, column 3, a label map cannot hold both: overlap"
    )


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda a: rle.to_labels([a], (4, 3)), RleFormatError, "rles[0] has shape (3, 4), expected (4, 3)"),
        (lambda a: rle.to_labels([a, 1], (3, 4)), TypeError, "rles[1] is of type int, expected Rle"),
        (lambda a: rle.from_labels([[1]]), TypeError, "labels is of type list, expected a NumPy array"),
        (lambda a: rle.from_labels(np.ones((2, 2))), TypeError, "labels have dtype float64, expected integers"),
        (lambda a: rle.from_labels(np.ones(2, int)), ValueError, "labels have shape (2,), expected (height, width)"),
        (
            lambda a: rle.from_labels(np.broadcast_to(np.uint8(1), (2**16, 2**16))),
            RleFormatError,
            "shape (65536, 65536) is too large",
        ),
    ],
)
def test_refusals(call, error, sentence):
    with pytest.raises(error) as caught:
        call(Rle([[0, 1]], (3, 4)))
    assert sentence in str(caught.value)


def test_a_wide_row_needs_no_memory():
    wide = np.broadcast_to(np.uint16(7), (1, 10**7))
    assert rle.from_labels(wide) == {7: Rle([[0, 10**7]], (1, 10**7))}
