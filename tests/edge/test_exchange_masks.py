"""Folders of masks: what is no mask, or not the mask of its image, is one sentence."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipedge.errors import DatasetError, ImageError
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList

cv2 = pytest.importorskip("cv2")
SHAPE = (12, 17)


def test_png(tmp_path):
    path = tmp_path / "a.png"
    color = np.zeros((*SHAPE, 3), np.uint8)
    color[0, 0] = 1, 2, 3
    for pixels, sentence in (
        (color, "is a color image, expected a grey mask"),
        (np.arange(204, dtype=np.uint8).reshape(SHAPE), "has several values other than 0: a label image"),
    ):
        cv2.imwrite(str(path), pixels)
        with pytest.raises(DatasetError, match=sentence):
            list(read_labelled(tmp_path, "png", ImageList(), []))
    whole = path.read_bytes()
    huge = whole[:16] + bytes.fromhex("00100000 00100000") + whole[24:]
    for data, sentence in (
        (b"", "the file is empty"),
        (whole[:40], "is cut off"),
        (whole[:-12], "is cut off"),
        (huge, "1048576x1048576 pixels, expected at most 268435456"),
    ):
        path.write_bytes(data)
        with pytest.raises(ImageError, match=sentence):
            list(read_labelled(tmp_path, "png", ImageList(), []))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), min_size=1, max_size=3), st.booleans())
def test_a_damaged_png_is_ships_or_a_sentence(tmp_path_factory, changes, labels):
    folder = tmp_path_factory.mktemp("fuzz")
    mask = np.zeros(SHAPE, np.uint8)
    mask[2:4, 3:9] = 255
    data = bytearray(cv2.imencode(".png", mask)[1].tobytes())
    for place, value in changes:
        data[place % len(data)] = value
    (folder / "a.png").write_bytes(data)
    with suppress(DatasetError, ImageError):  # nothing else may come out
        for _, shape, ships in read_labelled(folder, "labels" if labels else "png", ImageList(), []):
            assert all(ship.shape == shape and ship.area for ship in ships)


def test_grey_masks_of_other_kinds(tmp_path):
    mask = np.zeros(SHAPE, np.uint8)
    mask[2:4, 3:9] = 255
    kinds = {
        "grey": mask,
        "color": np.repeat(mask[..., None], 3, axis=2),
        "16": mask.astype(np.uint16),
        "1": mask // 255,
    }
    kinds["alpha"] = np.dstack([kinds["color"], np.full(SHAPE, 255, np.uint8)])
    for name, pixels in kinds.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), pixels)
    cv2.imwrite(str(tmp_path / "bilevel.png"), mask, [cv2.IMWRITE_PNG_BILEVEL, 1])
    found = list(read_labelled(tmp_path, "png", ImageList(), []))
    assert len(found) == 6
    assert {tuple(ship.bbox for ship in ships) for _, _, ships in found} == {((3, 2, 9, 4),)}


def test_a_mask_of_another_size_than_its_image(tmp_path):
    for folder, size in (("masks", SHAPE), ("images", (12, 18))):
        (tmp_path / folder).mkdir()
        cv2.imwrite(str(tmp_path / folder / "a.png"), np.zeros(size, np.uint8))
    with pytest.raises(DatasetError, match=r"has shape \(12, 17\), expected \(12, 18\) as its image has"):
        list(read_labelled(tmp_path / "masks", "png", ImageList(tmp_path / "images"), []))
    for folder in ("masks", "images"):
        cv2.imwrite(str(tmp_path / folder / "a.jpg"), np.zeros(SHAPE, np.uint8))
    with pytest.raises(DatasetError, match=r"a\.jpg and a\.png would share their labels"):
        list(read_labelled(tmp_path / "masks", "png", ImageList(tmp_path / "images"), []))
    with pytest.raises(DatasetError, match="is not a folder of images"):
        ImageList(tmp_path / "absent")
