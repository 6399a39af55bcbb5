import os
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from shipedge.airbus import read_airbus
from shipedge.errors import DatasetError
from shipedge.events import describe
from shipedge.frame import Frame, FrameResult, Ship
from shipedge.rle import Rle
from shipedge.sources import Source

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.sinks import draw  # noqa: E402
from shipedge.sinks.annotate import Annotated  # noqa: E402
from shipedge.sinks.csv import check_names, image_id, write_submission  # noqa: E402
from shipedge.sinks.draw import draw_result, ship_mask  # noqa: E402
from shipedge.sinks.names import FileNames  # noqa: E402
from shipedge.sinks.sqlite import write_sqlite  # noqa: E402

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
    return describe(FrameResult(source, index, time_s, shape, 0.91, presence, tuple(found), {"detector": 1.23456}))


def frame(source="a.png", shape=(60, 80), value=40):
    return Frame(np.full((*shape, 3), value, np.uint8), source)


# --- CSV


def test_csv_has_one_empty_row_for_a_image_without_ships(tmp_path):
    path = tmp_path / "s.csv"
    results = [result("in/a.png", ships=((2, 1, 4, 3), (10, 10, 11, 11))), result("in/b.png", ships=())]
    write_submission(path, results)
    assert path.read_text() == "ImageId,EncodedPixels\na.png,122 2 182 2\na.png,611 1\nb.png,\n"
    assert read_airbus(path) == {"a.png": ["122 2 182 2", "611 1"], "b.png": []}


def test_csv_names_of_video_and_camera_frames():
    assert image_id(Source("video", "x/flight 1.mp4"), 17) == "flight 1_frame000017"
    assert image_id(Source("camera", "camera 2"), 0) == "camera2_frame000000"


def test_csv_refuses_two_images_of_one_name(tmp_path):
    names = ("one/a.png", "two/a.png")
    with pytest.raises(DatasetError, match=r"one/a\.png and two/a\.png would both be a\.png"):
        check_names([Source("image", name) for name in names])
    with pytest.raises(DatasetError, match=r"one/a\.png and two/a\.png would both be a\.png"):
        write_submission(tmp_path / "s.csv", map(result, names))
    assert not (tmp_path / "s.csv").exists()


def test_csv_refuses_a_name_that_is_no_image_id():
    with pytest.raises(DatasetError, match="cannot go into a CSV"):
        check_names([Source("image", "two\nlines.png")])


def test_database_answers_a_query(tmp_path):
    path = tmp_path / "s.db"
    for _ in range(2):  # the second replaces the first
        write_sqlite(path, [result(ships=((2, 1, 4, 3), (10, 10, 11, 11))), result("\udcff.png", ships=())])
    with closing(sqlite3.connect(path)) as database:
        query = "SELECT source, count(ships.id), max(ships.right) FROM frames LEFT JOIN ships ON frame_id = frames.id"
        rows = database.execute(query + " GROUP BY frames.id").fetchall()
    assert rows == [("a.png", 2, 11), ("\\udcff.png", 0, None)]
    assert names(tmp_path) == ["s.db"]


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


@pytest.mark.parametrize(
    ("ships", "words"), [((), "no ships"), ([(9, 9, 20, 20)], "1 ship"), ([(0, 0, 9, 9)] * 2, "2 ships")]
)
def test_the_summary_counts_what_is_outlined_and_says_what_its_number_is(monkeypatch, ships, words):
    texts = []
    monkeypatch.setattr(draw, "draw_text", lambda _image, text, *_place: texts.append(text))
    drawn = result(ships=tuple(ships))
    draw_result(frame().pixels, drawn)
    assert texts[-1] == f"{words}, frame score {drawn.score:.2f}"
    assert len(texts) == len(ships) + 1


def test_one_pixel_frame_can_be_drawn():
    assert draw_result(frame(shape=(1, 1)).pixels, result(shape=(1, 1), ships=())).shape == (1, 1, 3)


# --- annotated files


def test_annotated_names_never_collide():
    sources = [
        Source("image", "one/a.png"),
        Source("image", "two/A.jpg"),
        Source("video", "a.mov"),
        Source("image", "a.tif"),
        Source("camera", "camera 0"),
        Source("image", "one/a.png"),
        Source("image", "ü" * 120 + ".png"),
        Source("image", "\udcff.png"),
    ]
    assert FileNames(sources) == {
        "one/a.png": "a.png.jpg",
        "two/A.jpg": "A.jpg",
        "a.mov": "a.mov.mp4",
        "a.tif": "a.tif.jpg",
        "camera 0": "camera0.mp4",
        "ü" * 120 + ".png": "ü" * 100 + ".jpg",
        "\udcff.png": "unnamed.jpg",
    }


def test_images_that_appear_later_have_names_of_their_own():
    names = FileNames([Source("watch", "watch:in")])
    assert [names[f"in/{name}"] for name in ("a.png", "a.jpg", "a.png")] == ["a.png.jpg", "a.jpg.jpg", "a.png.jpg"]
    assert names.is_image("in/b.png")


def test_annotated_image(tmp_path):
    with Annotated(tmp_path / "out", [Source("image", "a.png")]) as sink:
        sink.write(frame(), result())
    assert names(tmp_path / "out") == ["a.jpg"]
    bgr = cv2.imread(str(tmp_path / "out" / "a.jpg"))
    assert bgr.shape == (60, 80, 3)
    yellow = (bgr[..., 2] > 150) & (bgr[..., 1] > 130) & (bgr[..., 0] < 120)
    assert yellow[5:20, 15:35].any()
