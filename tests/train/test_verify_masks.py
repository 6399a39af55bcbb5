"""Mask files: whatever is no mask of the rows is found, and what our own tool writes is accepted."""

import shutil

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from shipedge import rle
from shipedge.airbus import read_airbus
from shipedge.cli import main
from shipedge_train.data.verify.dataset import find_parts, verify

SHAPE = (768, 768)


@pytest.fixture
def folder(made_dataset, tmp_path):
    """The dataset with a good masks folder of 0 and 255."""
    copied = shutil.copytree(made_dataset, tmp_path / "data")
    sea = np.random.default_rng(1).integers(20, 60, (768, 768, 3), dtype=np.uint8)
    cv2.imwrite(str(copied / "images" / "e.jpg"), sea)  # the fixture draws the same sea twice
    (copied / "masks").mkdir()
    for name, texts in read_airbus(copied / "ships.csv").items():
        put(copied, name, rle.decode_union(texts) * 255)
    return copied


def put(folder, name, mask, suffix=".png"):
    path = folder / "masks" / f"{name.removesuffix('.jpg')}{suffix}"
    path.with_suffix(".png").unlink(missing_ok=True)
    if suffix == ".npy":
        np.save(path, mask)
    else:
        cv2.imwrite(str(path), mask)


def mask_of(folder, name):
    return rle.decode_union(read_airbus(folder / "ships.csv")[name])


def grey_of(folder, name):
    return cv2.imread(str(folder / "images" / name), cv2.IMREAD_GRAYSCALE)


def found(folder):
    report, _ = verify(find_parts(folder), SHAPE)
    return {code: [finding.image for finding in group] for code, group in report.by_code().items()}


def test_masks_of_0_and_255_and_masks_of_0_and_1_are_good(folder):
    assert found(folder) == {}
    for name in "abcdef":
        put(folder, f"{name}.jpg", mask_of(folder, f"{name}.jpg"))
    assert found(folder) == {}


@pytest.mark.parametrize("options", [[], ["--instances"]])
def test_masks_of_our_own_tool_are_good(folder, options):
    shutil.rmtree(folder / "masks")
    made = CliRunner().invoke(main, ["masks", str(folder / "ships.csv"), str(folder / "masks"), *options])
    assert made.exit_code == 0, made.output
    assert found(folder) == {}


def test_0_and_1_mixed_up_with_0_and_255(folder):
    put(folder, "a.jpg", mask_of(folder, "a.jpg"))
    assert found(folder) == {"mask-scale": [""]}


@pytest.mark.parametrize(
    ("suffix", "change"),
    [
        (".npy", lambda mask: mask.astype(np.float32)),
        (".npy", lambda mask: mask.astype(np.int64) * 255),
        (".tif", lambda mask: mask.astype(np.float32) * 255),
        (".png", lambda mask: np.dstack([mask * 255] * 3)),
    ],
)
def test_wrong_type(folder, suffix, change):
    for name in "abcdef":  # all of them: one alone would also be of another scale
        put(folder, f"{name}.jpg", change(mask_of(folder, f"{name}.jpg")), suffix)
    assert found(folder) == {"mask-type": [f"{name}.jpg" for name in "abcdef"]}


def test_values_between(folder):
    put(folder, "a.jpg", cv2.GaussianBlur(mask_of(folder, "a.jpg") * 255, (5, 5), 0))
    put(folder, "c.jpg", np.full(SHAPE, np.nan, np.float32), ".npy")
    report = found(folder)
    assert report.pop("mask-follows-image") == ["a.jpg"]  # a bright ship on dark sea does
    assert report == {"mask-values": ["c.jpg"]}


def test_lossy_mask(folder):
    _, jpeg = cv2.imencode(".jpg", np.rot90(mask_of(folder, "a.jpg")) * 255, [cv2.IMWRITE_JPEG_QUALITY, 60])
    put(folder, "a.jpg", cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE))
    assert found(folder) == {"mask-values": ["a.jpg"]}


def test_image_loaded_as_mask(folder):
    put(folder, "a.jpg", grey_of(folder, "a.jpg"))
    assert found(folder) == {"mask-is-image": ["a.jpg"]}


def test_image_loaded_as_mask_in_color(folder):
    shutil.copy(folder / "images" / "a.jpg", folder / "masks" / "a.jpg")
    (folder / "masks" / "a.png").unlink()
    assert found(folder) == {"mask-type": ["a.jpg"], "mask-is-image": ["a.jpg"]}


@pytest.mark.parametrize(
    "change",
    [lambda grey: 255 - grey, lambda grey: cv2.convertScaleAbs(grey, alpha=0.4, beta=90)],
    ids=["inverted", "dull"],
)
def test_image_changed_and_loaded_as_mask(folder, change):
    put(folder, "a.jpg", change(grey_of(folder, "a.jpg")))
    assert found(folder) == {"mask-follows-image": ["a.jpg"]}


def test_image_cut_at_a_brightness_and_loaded_as_mask(folder):
    put(folder, "a.jpg", (grey_of(folder, "c.jpg") > 40).astype(np.uint8) * 255)
    assert found(folder) == {"mask-differs": ["a.jpg"]}  # of another image
    put(folder, "c.jpg", (grey_of(folder, "c.jpg") > 40).astype(np.uint8) * 255)
    assert found(folder)["mask-follows-image"] == ["c.jpg"]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("mask-transposed", lambda mask: mask.T),
        ("mask-inverted", lambda mask: 1 - mask),
        ("mask-differs", lambda mask: np.roll(mask, 8, axis=0)),
        ("mask-differs", np.zeros_like),
        ("mask-size", lambda mask: mask[:384, :384]),
    ],
)
def test_mask_of_something_else(folder, code, change):
    put(folder, "a.jpg", np.ascontiguousarray(change(mask_of(folder, "a.jpg")) * 255))
    assert found(folder) == {code: ["a.jpg"]}


def test_missing_and_stray_masks(folder):
    (folder / "masks" / "a.png").rename(folder / "masks" / "z.png")
    assert found(folder) == {"mask-stray": ["z.png"], "mask-missing": ["a.jpg"]}


@pytest.mark.parametrize("suffix", [".png", ".npy"])
def test_unreadable_mask(folder, suffix):
    put(folder, "a.jpg", mask_of(folder, "a.jpg"), suffix)
    path = folder / "masks" / f"a{suffix}"
    path.write_bytes(path.read_bytes()[:-200])
    assert found(folder) == {"mask-unreadable": ["a.jpg"]}


def test_a_damaged_mask_does_not_make_its_image_damaged(folder):
    path = folder / "masks" / "a.png"
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"IDAT") + 20] ^= 1  # libpng complains of the checksum
    path.write_bytes(bytes(raw))
    assert set(found(folder)) <= {"mask-unreadable", "mask-differs", "mask-values"}
    assert found(folder)


def objects(path):
    np.save(path, np.array([{"a": 1}], dtype=object))


def archive(path):
    with path.open("wb") as file:
        np.savez(file, np.zeros(SHAPE))


def huge(path):
    """A header that says 4 TiB and no data."""
    np.save(path, np.zeros((768, 768), np.float32))
    path.write_bytes(path.read_bytes()[:128].replace(b"(768, 768), }        ", b"(1048576, 1048576), }"))


@pytest.mark.parametrize("make", [objects, archive, huge])
def test_arrays_that_are_no_mask_are_not_opened(folder, make):
    (folder / "masks" / "a.png").unlink()
    make(folder / "masks" / "a.npy")
    assert found(folder) == {"mask-unreadable": ["a.jpg"]}


@pytest.mark.parametrize("shape", [(768, 768, 0), (), (768,), (768, 768, 1, 1)])
def test_arrays_of_other_shapes(folder, shape):
    put(folder, "a.jpg", np.zeros(shape), ".npy")
    assert found(folder) == {"mask-size": ["a.jpg"]}
