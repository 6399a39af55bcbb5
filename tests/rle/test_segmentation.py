"""COCO as it comes in Python, and the masks of labelling tools."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge import rle
from shipedge.errors import RleFormatError
from shipedge.rle import Rle


@st.composite
def masks(draw):
    height, width = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random((height, width)) < draw(st.sampled_from([0.0, 0.05, 0.5, 1.0]))
    if draw(st.booleans()):
        mask |= rng.random((height, 1)) < 0.4
    return mask


@settings(deadline=None)
@given(masks())
def test_dictionaries_of_coco(mask):
    value = Rle.from_mask(mask)
    text = rle.to_coco(value, compressed=True)
    for counts in (text, text.encode(), rle.to_coco(value), np.array(rle.to_coco(value))):
        one = {"size": list(mask.shape), "counts": counts}
        assert rle.from_coco(one) == rle.from_coco(one, mask.shape) == rle.from_segmentation(one) == value
        assert rle.from_annotations([{"segmentation": one, "score": 0.5}] * 2) == [value, value]


def test_polygons_and_boxes_of_coco():
    shape = (10, 12)
    flat = [1, 2, 6, 2, 6, 7, 1, 7]
    square = Rle.from_mask(np.pad(np.ones((5, 5), bool), ((2, 3), (1, 6))))
    assert rle.from_segmentation(flat, shape) == square
    assert rle.from_segmentation([flat], shape) == square
    assert rle.from_segmentation([np.array(flat, float)], shape) == square
    assert rle.from_segmentation(np.array([flat]), shape) == square
    assert rle.from_segmentation([flat, [0, 0, 4, 0, 4, 4, 0, 4]], shape) == square | Rle.from_mask(
        np.pad(np.ones((4, 4), bool), ((0, 6), (0, 8)))
    )
    assert rle.from_segmentation([1, 2, 5, 5], shape) == square  # a box: x, y, width, height
    assert rle.from_annotations([{"bbox": [1, 2, 5, 5], "segmentation": []}, {"segmentation": [flat]}], shape) == [
        square,
        square,
    ]


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: rle.from_coco({"counts": "1"}), RleFormatError, "the dictionary has no size"),
        (lambda: rle.from_coco({"size": [3, 4]}), RleFormatError, "the dictionary has no counts"),
        (lambda: rle.from_coco([12]), TypeError, "shape is missing"),
        (lambda: rle.from_coco({"size": [3, 4], "counts": [12]}, (4, 3)), RleFormatError, "size is .3, 4., expected"),
        (lambda: rle.from_segmentation([1, 2, 3, 4]), RleFormatError, "shape is missing"),
        (lambda: rle.from_segmentation("122O4", (4, 3)), RleFormatError, "is of type str, expected a dictionary"),
        (lambda: rle.from_segmentation([], (4, 3)), RleFormatError, "is empty, expected"),
        (lambda: rle.from_segmentation([[1, 2, 3, 4]], (4, 3)), RleFormatError, "polygon 1 has 4 numbers, expected 6"),
        (lambda: rle.from_segmentation([1, 2, 3, 4, 5], (4, 3)), RleFormatError, "the polygon has shape"),
        (lambda: rle.from_segmentation([[1, 2, 3, 4, 5, "x"]], (4, 3)), RleFormatError, "is no list of numbers"),
        (lambda: rle.from_segmentation([1, 2, -3, 4], (4, 3)), RleFormatError, "a box has width -3"),
        (lambda: rle.from_segmentation([1, 2, np.nan, 4], (4, 3)), RleFormatError, "a box has width nan"),
        (lambda: rle.from_annotations([{"score": 1}]), RleFormatError, r"annotations\[0\] has neither"),
        (lambda: rle.from_annotations([[1]], (4, 3)), TypeError, r"annotations\[0\] is of type list"),
        (lambda: rle.from_annotations([{"bbox": [0, 0, 1]}], (4, 3)), RleFormatError, r"annotations\[0\]: the polygon"),
        (lambda: rle.from_polygons(np.zeros((3, 2)), (4, 3)), ValueError, r"one ring is \[ring\]"),
        (
            lambda: rle.from_polygons([0, 0, 1, 0, 1, 1], (4, 3)),
            ValueError,
            "from_segmentation takes COCO's flat lists",
        ),
        (lambda: rle.from_polygons([[0, 0, 1, 0, 1, 1]], (4, 3)), ValueError, "from_segmentation takes COCO's flat"),
    ],
)
def test_refusals(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


def unpacked(packed):
    """Label Studio's decoder, a bit at a time: thi.ng/rle-pack."""
    bits = "".join(f"{byte:08b}" for byte in packed)
    at = 0

    def read(size):
        nonlocal at
        at += size
        return int(bits[at - size : at], 2)

    number, word = read(32), read(5) + 1
    lengths = [read(4) + 1 for _ in range(4)]
    values = []
    while len(values) < number:
        is_run = read(1)
        length = 1 + read(lengths[read(2)])
        values += [read(word)] * length if is_run else [read(word) for _ in range(length)]
    return np.array(values, np.uint8)


@settings(deadline=None)
@given(masks())
def test_label_studio_there_and_back(mask):
    packed = rle.to_label_studio(mask)
    layers = unpacked(packed).reshape(*mask.shape, 4)
    np.testing.assert_array_equal(layers, np.repeat(mask[..., None] * np.uint8(255), 4, axis=2))
    assert rle.from_label_studio(packed, mask.shape) == Rle.from_mask(mask)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_label_studio_of_any_values(seed):
    """Single values, of which the fourth of each pixel counts, and lengths of other sizes."""
    rng = np.random.default_rng(seed)
    values = rng.choice(np.array([0, 0, 1, 255], np.uint8), 4 * 6)
    bits = f"{24:032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (1, 2, 3, 5))
    at = 0
    while at < 24:
        kind = int(rng.integers(4))
        length = min(int(rng.integers(1, 1 + 2 ** (1, 2, 3, 5)[kind])), 24 - at)
        part = values[at : at + length]
        if rng.integers(2):
            values[at : at + length] = part[0]
            bits += f"1{kind:02b}{length - 1:0{(1, 2, 3, 5)[kind]}b}{part[0]:08b}"
        else:
            bits += f"0{kind:02b}{length - 1:0{(1, 2, 3, 5)[kind]}b}" + "".join(f"{value:08b}" for value in part)
        at += length
    packed = [int(bits[i : i + 8].ljust(8, "0"), 2) for i in range(0, len(bits), 8)]
    np.testing.assert_array_equal(unpacked(packed), values)
    assert rle.from_label_studio(packed, (2, 3)) == Rle.from_mask(values.reshape(2, 3, 4)[..., 3] != 0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 255), max_size=60))
def test_label_studio_of_any_bytes(packed):
    try:
        found = rle.from_label_studio([0, 0, 0, 24, 0b00111000, *packed], (2, 3))
    except RleFormatError:
        return
    assert found.shape == (2, 3)


@settings(deadline=None)
@given(masks())
def test_cvat_there_and_back(mask):
    value = Rle.from_mask(mask)
    if not value:
        with pytest.raises(RleFormatError, match="the mask is empty"):
            rle.to_cvat(value)
        return
    attributes = rle.to_cvat(value)
    counts = [int(count) for count in attributes["rle"].split(",")]
    rows = np.repeat(np.arange(len(counts)) % 2, counts).reshape(attributes["height"], attributes["width"])
    left, top, right, bottom = value.bbox
    np.testing.assert_array_equal(rows, mask[top:bottom, left:right])
    assert rle.from_cvat(attributes, mask.shape) == value
    assert rle.from_cvat({key: str(text) for key, text in attributes.items()}, mask.shape) == value
    assert rle.from_cvat(attributes | {"left": -100}, mask.shape) == Rle([], mask.shape)


@pytest.mark.parametrize("value", [[1], [], 1, 0, 1.5, np.nan, "1", "", None, np.ones((2, 2), bool)])
def test_cvat_of_what_is_no_mask(value):
    with pytest.raises(TypeError, match=f"rle is of type {type(value).__name__}, expected an Rle"):
        rle.to_cvat(value)


def test_tools_refuse():
    with pytest.raises(RleFormatError, match="the mask has no top"):
        rle.from_cvat({"rle": "1", "left": 0}, (2, 2))
    with pytest.raises(RleFormatError, match="width is 'x', expected an integer"):
        rle.from_cvat({"rle": "1", "left": 0, "top": 0, "width": "x", "height": 1}, (2, 2))
    with pytest.raises(RleFormatError, match="counts sum to 1, expected 4"):
        rle.from_cvat({"rle": "1", "left": 0, "top": 0, "width": 2, "height": 2}, (2, 2))
    with pytest.raises(RleFormatError, match="byte 1 is 256, expected 0 to 255"):
        rle.from_label_studio([256], (2, 2))
    with pytest.raises(RleFormatError, match="ends before all its values"):
        rle.from_label_studio([0], (2, 2))
    with pytest.raises(RleFormatError, match="too large for Label Studio"):
        rle.to_label_studio(Rle([], (2**15, 2**15)))
