"""PNG straight from runs, read back by a reader of our own, OpenCV and Pillow."""

import io
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reference import read_png
from shipedge import rle
from shipedge.errors import RleFormatError

shapes = st.one_of(
    st.tuples(st.integers(1, 60), st.integers(1, 40)),
    st.tuples(st.integers(1, 3), st.integers(1, 700)),
    st.tuples(st.integers(1, 700), st.integers(1, 3)),
)
masks = hnp.arrays(np.uint8, shapes, elements=st.integers(0, 1), fill=st.just(0))
strange = hnp.arrays(np.uint8, shapes, elements=st.integers(0, 1))


def readings(data: bytes) -> list[np.ndarray]:
    """The pixels as every reader here sees them; 1-bit values as 0 and 255."""
    cv2 = pytest.importorskip("cv2", reason="a second reader: needs the edge extra")
    pillow = pytest.importorskip("PIL.Image", reason="a third reader")
    with pillow.open(io.BytesIO(data)) as image:
        third = np.asarray(image)
    third = third * np.uint8(255) if third.dtype == bool else third
    return [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), third]


@given(st.one_of(masks, strange))
def test_any_mask_comes_back(mask: np.ndarray) -> None:
    ship = rle.Rle.from_mask(mask)
    np.testing.assert_array_equal(read_png(rle.to_png(ship)), mask * 255)
    np.testing.assert_array_equal(read_png(rle.to_png(ship, 1)), mask)
    for data in (rle.to_png(ship), rle.to_png(ship, bits=1)):
        for pixels in readings(data):
            np.testing.assert_array_equal(pixels, mask * 255)


@given(hnp.arrays(np.uint8, shapes, elements=st.integers(0, 6), fill=st.just(0)))
def test_any_labels_come_back(labels: np.ndarray) -> None:
    data = rle.labels_to_png([rle.Rle.from_mask(labels == value) for value in range(1, 7)], labels.shape)
    np.testing.assert_array_equal(read_png(data), labels)
    for pixels in readings(data):
        np.testing.assert_array_equal(pixels, labels)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 1000])
def test_labels_take_16_bits_from_256_ships_on(count: int) -> None:
    flat = np.zeros(70 * 65, np.uint16)
    flat[0 : 3 * count : 3] = flat[1 : 3 * count : 3] = np.arange(1, count + 1)
    labels = flat.reshape((70, 65), order="F")
    ships = [rle.Rle([(3 * k, 2)], (70, 65)) for k in range(count)]
    data = rle.labels_to_png(ships, (70, 65))
    assert data[24] == (16 if count > 255 else 8)
    np.testing.assert_array_equal(read_png(data), labels)
    for pixels in readings(data):
        np.testing.assert_array_equal(pixels, labels)


def test_labels_side_by_side() -> None:
    labels = np.add.outer(np.arange(40) // 3 * 7, np.arange(50) // 4) + 1
    ships = [rle.Rle.from_mask(labels == value) for value in range(1, labels.max() + 1)]
    np.testing.assert_array_equal(read_png(rle.labels_to_png(ships, labels.shape)), labels)


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ([[(0, 3)], [(9, 3)], [(11, 2)], [(2, 1)]], "ships 2 and 3 overlap, a label map cannot hold both"),
        ([[(0, 9)], [(20, 1)], [(4, 1)]], "ships 1 and 3 overlap"),
        ([[(5, 9)], [(0, 1), (6, 1)]], "ships 1 and 2 overlap"),
    ],
)
def test_labels_that_overlap_are_refused(runs: list, sentence: str) -> None:
    with pytest.raises(RleFormatError, match=sentence):
        rle.labels_to_png([rle.Rle(one, (6, 7)) for one in runs], (6, 7))


def test_more_labels_than_16_bits_hold() -> None:
    with pytest.raises(RleFormatError, match="65536 ships in one image, a 16-bit label map holds 65535"):
        rle.labels_to_png([rle.Rle([], (1, 1))] * 65536, (1, 1))


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (2**31, 1), (1, 2**31)])
def test_shapes_that_png_has_not(shape: tuple[int, int]) -> None:
    with pytest.raises(RleFormatError, match="is none of a PNG, expected sides of 1 to 2147483647 pixels"):
        rle.to_png(rle.Rle([], shape))
    with pytest.raises(RleFormatError, match="is none of a PNG"):
        rle.labels_to_png([], shape)


@pytest.mark.parametrize("bits", [0, 2, 16, -8])
def test_other_depths_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=f"bits is {bits}, expected 1 or 8"):
        rle.to_png(rle.Rle([], (2, 2)), bits)  # type: ignore[arg-type]


def test_sizes() -> None:
    rng = np.random.default_rng(1)
    shape = (768, 768)
    assert len(rle.to_png(rle.Rle([], shape))) < 800
    assert len(rle.to_png(rle.Rle([], shape), 1)) < 400
    assert len(rle.to_png(rle.Rle([(0, 768 * 768)], shape))) < 8000
    noise = rle.Rle.from_mask(rng.random(shape) < 0.5)
    assert len(rle.to_png(noise)) < 768 * 769 / 2  # 4 bits for a pixel of 8
    assert len(rle.to_png(noise, 1)) < 1000 + 768 * 97 * 11 / 8
    checkers = rle.Rle.from_mask(np.add.outer(np.arange(768), np.arange(768)) % 2)
    assert len(rle.to_png(checkers)) < 200 + 768 * 769 / 2


@pytest.mark.parametrize("shape", [(40000, 1), (40000, 2), (1, 40000), (33, 33000), (20000, 300)])
def test_long_sides(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    for mask in (np.ones(shape, np.uint8), (rng.random(shape) < 0.001), np.tri(*shape, dtype=np.uint8)):
        ship = rle.Rle.from_mask(mask)
        for bits in (1, 8):
            np.testing.assert_array_equal(read_png(rle.to_png(ship, bits)), (255 if bits == 8 else 1) * (mask != 0))


def test_a_image_of_2_to_the_32_pixels_takes_little_time_and_memory() -> None:
    shape = (65535, 65536)
    ship = rle.Rle([(5, 7), (70000, 1 << 31)], shape)
    data = rle.to_png(ship, 1)
    assert len(data) < 1 << 24
    tall = rle.to_png(rle.Rle([(1 << 30, 1 << 29)], (2**31 - 1, 1)))
    assert len(tall) < 1 << 25


def test_every_gap_and_run_length() -> None:
    for gap, length in itertools.product(range(300), (1, 2, 259)):
        row = np.zeros((2, 900), np.uint8)
        row[0, gap : gap + length] = 1
        row[1, 880 - gap :] = 1
        np.testing.assert_array_equal(read_png(rle.to_png(rle.Rle.from_mask(row))), row * 255)


@pytest.mark.parametrize("bits", [1, 8])
def test_a_mask_file_becomes_runs(tmp_path, bits):
    shipedge = pytest.importorskip("shipedge")
    pytest.importorskip("cv2")
    value = rle.Rle.from_mask(np.random.default_rng(3).random((33, 41)) < 0.3)
    path = tmp_path / "a.png"
    path.write_bytes(rle.to_png(value, bits))
    assert shipedge.read_png(path) == shipedge.read_png(str(path)) == shipedge.read_png(path.read_bytes()) == value
    with pytest.raises(shipedge.errors.DatasetError, match="the PNG has several values other than 0"):
        shipedge.read_png(rle.labels_to_png([value, ~value], value.shape))
