import json
import os

import numpy as np
import pytest

from shipedge.errors import BackendError, DatasetError
from shipedge.formats.airbus import read_airbus
from shipedge.frame import Frame, FrameResult, Ship
from shipedge.rle import Rle
from shipedge.sources import Source

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.sinks.annotate import Annotated, annotated_names  # noqa: E402
from shipedge.sinks.csv import SubmissionCsv, image_id  # noqa: E402
from shipedge.sinks.draw import draw_result, ship_mask  # noqa: E402
from shipedge.sinks.jsonl import JsonLines  # noqa: E402

not_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def result(source="a.png", index=0, shape=(60, 80), ships=((20, 10, 30, 16),), time_s=None):
    found = []
    for left, top, right, bottom in ships:
        mask = np.zeros(shape, np.uint8)
        mask[top:bottom, left:right] = 1
        found.append(Ship(Rle.from_mask(mask), 0.87654, (left, top, right, bottom)))
    presence = np.zeros((2, 3), np.uint8)
    return FrameResult(source, index, time_s, shape, 0.91, presence, tuple(found), {"detector": 1.23456})


def frame(source="a.png", shape=(60, 80), value=40):
    return Frame(np.full((*shape, 3), value, np.uint8), source)


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


# --- JSON Lines


def test_one_line_per_frame_no_ship_included(tmp_path):
    path = tmp_path / "new" / "folder" / "p.jsonl"
    with JsonLines(path) as sink:
        sink.write(frame(), result(ships=((2, 1, 6, 3),), index=5, time_s=1 / 3))
        sink.write(frame(), result(source="Köln\udcff.png", ships=()))
        assert not path.exists()
    first, second = lines(path)
    assert first == {
        "source": "a.png",
        "index": 5,
        "time_s": 0.333333,
        "shape": [60, 80],
        "score": 0.91,
        "ships": [
            {
                "rle": "122 2 182 2 242 2 302 2",
                "bbox": [2, 1, 6, 3],
                "score": 0.8765,
                "center": [4.0, 2.0],
                "length": 4.0,
                "width": 2.0,
                "orientation": 0.0,
            }
        ],
        "timings_ms": {"detector": 1.235},
    }
    assert second["ships"] == []
    assert second["source"] == "Köln\udcff.png"
    assert names(path.parent) == ["p.jsonl"]


@pytest.mark.parametrize(("error", "kept"), [(BackendError, True), (KeyboardInterrupt, True), (OSError, False)])
def test_jsonl_after_an_error(tmp_path, error, kept):
    path = tmp_path / "p.jsonl"
    with pytest.raises(error), JsonLines(path) as sink:  # noqa: PT012
        sink.write(frame(), result())
        raise error
    assert names(tmp_path) == (["p.jsonl"] if kept else [])


def test_earlier_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_text("old")
    with pytest.raises(OSError, match="disk full"), JsonLines(path) as sink:  # noqa: PT012
        sink.write(frame(), result())
        raise OSError("disk full")
    assert path.read_text() == "old"


def test_nothing_read_leaves_earlier_results_alone(tmp_path):
    for name in ("p.jsonl", "s.csv"):
        (tmp_path / name).write_text("old")
    with JsonLines(tmp_path / "p.jsonl"), SubmissionCsv(tmp_path / "s.csv", [Source("picture", "a.png")]):
        pass
    assert names(tmp_path) == ["p.jsonl", "s.csv"]
    assert (tmp_path / "p.jsonl").read_text() == (tmp_path / "s.csv").read_text() == "old"


# --- CSV


def test_csv_has_one_empty_row_for_a_picture_without_ships(tmp_path):
    path = tmp_path / "s.csv"
    sources = [Source("picture", "in/a.png"), Source("picture", "in/b.png")]
    with SubmissionCsv(path, sources) as sink:
        sink.write(frame(), result("in/a.png", ships=((2, 1, 4, 3), (10, 10, 11, 11))))
        sink.write(frame(), result("in/b.png", ships=()))
    assert path.read_text() == "ImageId,EncodedPixels\na.png,122 2 182 2\na.png,611 1\nb.png,\n"
    assert read_airbus(path) == {"a.png": ["122 2 182 2", "611 1"], "b.png": []}


def test_csv_names_of_video_and_camera_frames():
    assert image_id(Source("video", "x/flight 1.mp4"), 17) == "flight 1_frame000017"
    assert image_id(Source("camera", "camera 2"), 0) == "camera2_frame000000"


def test_csv_refuses_two_pictures_of_one_name(tmp_path):
    sources = [Source("picture", "one/a.png"), Source("picture", "two/a.png")]
    with pytest.raises(DatasetError, match=r"one/a\.png and two/a\.png would both be a\.png"):
        SubmissionCsv(tmp_path / "s.csv", sources)


def test_csv_refuses_a_name_that_is_no_image_id(tmp_path):
    with pytest.raises(DatasetError, match="cannot go into a CSV"):
        SubmissionCsv(tmp_path / "s.csv", [Source("picture", "two\nlines.png")])


def test_csv_complains_before_the_first_frame(tmp_path):
    with pytest.raises(OSError, match="no such folder"), SubmissionCsv(tmp_path / "none" / "s.csv", []):
        pass
    with pytest.raises(OSError, match="is a folder"), SubmissionCsv(tmp_path, []):
        pass


@not_root
def test_csv_in_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OSError, match="no permission"), SubmissionCsv(tmp_path / "s.csv", []):
        pass


# --- drawing


def test_ship_mask_is_the_mask_cut_to_its_box():
    mask = np.zeros((50, 70), np.uint8)
    mask[10:14, 60:70] = np.random.default_rng(0).integers(0, 2, (4, 10))
    mask[10, 60] = mask[13, 69] = 1
    assert np.array_equal(ship_mask(Rle.from_mask(mask)), mask[10:14, 60:70])


@pytest.mark.parametrize("value", [0, 40, 128, 255])
def test_outline_is_seen_on_any_sea_and_leaves_the_ship_alone(value):
    before = frame(shape=(200, 200), value=value)
    pixels = before.pixels.copy()
    drawn = draw_result(pixels, result(shape=(200, 200), ships=((100, 100, 130, 120),)))
    assert np.array_equal(pixels, before.pixels)
    assert (drawn[101:119, 101:129] == value).all()
    yellow = (drawn[..., 0] > 150) & (drawn[..., 1] > 130) & (drawn[..., 2] < 100)
    assert yellow[90:130, 90:140].sum() > 100  # a closed line around 30x20 pixels
    assert (drawn[90:130, 90:140].max(2) < 50).sum() > 100  # and its black rim


@pytest.mark.parametrize("box", [(0, 0, 3, 3), (78, 58, 80, 60), (0, 0, 80, 60)])
def test_ships_at_the_border_and_over_everything(box):
    drawn = draw_result(frame().pixels, result(ships=(box,)))
    assert drawn.shape == (60, 80, 3)


def test_one_pixel_frame_can_be_drawn():
    assert draw_result(frame(shape=(1, 1)).pixels, result(shape=(1, 1), ships=())).shape == (1, 1, 3)


# --- annotated files


def test_annotated_names_never_collide():
    sources = [
        Source("picture", "one/a.png"),
        Source("picture", "two/A.jpg"),
        Source("video", "a.mov"),
        Source("picture", "a.tif"),
        Source("camera", "camera 0"),
        Source("picture", "one/a.png"),
        Source("picture", "ü" * 120 + ".png"),
        Source("picture", "\udcff.png"),
    ]
    assert annotated_names(sources) == {
        "one/a.png": "a.png.jpg",
        "two/A.jpg": "A.jpg",
        "a.mov": "a.mov.mp4",
        "a.tif": "a.tif.jpg",
        "camera 0": "camera0.mp4",
        "ü" * 120 + ".png": "ü" * 100 + ".jpg",
        "\udcff.png": "unnamed.jpg",
    }


def test_annotated_picture(tmp_path):
    with Annotated(tmp_path / "out", [Source("picture", "a.png")]) as sink:
        sink.write(frame(), result())
    assert names(tmp_path / "out") == ["a.jpg"]
    bgr = cv2.imread(str(tmp_path / "out" / "a.jpg"))
    assert bgr.shape == (60, 80, 3)
    yellow = (bgr[..., 2] > 150) & (bgr[..., 1] > 130) & (bgr[..., 0] < 120)
    assert yellow[5:20, 15:35].any()
