"""Ships from any format into any other: the same pixels come back, or a sentence says what a format cannot hold."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shipedge.errors import DatasetError
from shipedge.formats.convert import WRITTEN, read_labelled, write_labelled
from shipedge.formats.labelled import ImageList, Labelled
from shipedge.formats.recognize import recognize
from shipedge.rle import Rle, components

cv2 = pytest.importorskip("cv2")
SHAPE = (12, 17)
NAMES = {"airbus": "x.csv", "coco": "x.json", "coco-rle": "x.json", "labels": "x", "png": "x", "yolo": "x"}
masks = hnp.arrays(np.bool_, SHAPE)


def there_and_back(folder, kind, images):
    """What is read from what was written, and the notes of both."""
    notes = []
    write_labelled(folder / NAMES[kind], kind, iter(images), notes)
    found = list(read_labelled(folder / NAMES[kind], kind.partition("-")[0], ImageList(shape=SHAPE), notes))
    assert {entry.name for entry in folder.iterdir()} == {NAMES[kind]}
    return found, notes


def ship(*pixels):
    mask = np.zeros(SHAPE, np.uint8)
    for row, column in pixels:
        mask[row, column] = 1
    return Rle.from_mask(mask)


@settings(deadline=None, max_examples=40)
@given(st.lists(masks, min_size=1, max_size=3), st.sampled_from(WRITTEN))
def test_parts_of_any_mask_survive_every_format(tmp_path_factory, layers, kind):
    """8-connected parts, with whatever holes they have: what all formats can hold."""
    images = [Labelled(f"{k}.jpg", SHAPE, components(mask)) for k, mask in enumerate(layers)]
    found, _ = there_and_back(tmp_path_factory.mktemp("x"), kind, images)
    assert found == images


@settings(deadline=None, max_examples=40)
@given(st.lists(masks.filter(np.any), max_size=4), st.sampled_from(["airbus", "coco", "coco-rle", "yolo"]))
def test_ships_of_many_parts_that_overlap_survive_where_they_can(tmp_path_factory, ships, kind):
    images = [Labelled("a.jpg", SHAPE, [Rle.from_mask(mask) for mask in ships])]
    found, _ = there_and_back(tmp_path_factory.mktemp("x"), kind, images)
    assert found == images


def test_images_of_several_sizes(tmp_path):
    sizes = {"a.png": (30, 40), "b.jpg": (41, 7), "c.d.jpeg": (768, 768)}
    folder = tmp_path / "images"
    folder.mkdir()
    for name, size in sizes.items():
        cv2.imwrite(str(folder / name), np.zeros(size, np.uint8))
    images = [Labelled(name, size, [Rle([[5, 3]], size)]) for name, size in sizes.items()]
    images[1] = images[1]._replace(ships=[])
    for kind in WRITTEN:
        path, notes = tmp_path / kind, []
        write_labelled(path, kind, images, notes)
        assert list(read_labelled(path, kind.partition("-")[0], ImageList(folder), [])) == images
        if kind == "airbus":
            assert notes == [
                f"{path}: an Airbus CSV does not hold sizes: 2 images not of 768x768 pixels must be read "
                "with --images or --shape"
            ]


def test_a_mask_does_not_hold_which_pixel_is_whose(tmp_path):
    touching = [ship((1, 1), (1, 2)), ship((2, 3))]
    parts = [ship((1, 1), (9, 9))]
    images = [Labelled("a.jpg", SHAPE, touching), Labelled("b.jpg", SHAPE, parts), Labelled("c.jpg", SHAPE, [])]
    found, notes = there_and_back(tmp_path, "png", images)
    assert [len(image.ships) for image in found] == [1, 2, 0]
    assert notes[-1].endswith("in 2 images, and a mask does not hold which pixel is whose: 3 ships will be read as 3")


def test_label_images_hold_touching_ships_but_no_overlap(tmp_path):
    touching = [ship((1, 1), (1, 2)), ship((2, 3))]
    assert there_and_back(tmp_path, "labels", [Labelled("a.jpg", SHAPE, touching)])[0][0].ships == touching
    overlap = Labelled("b.jpg", SHAPE, [*touching, ship((1, 2))])
    with pytest.raises(DatasetError, match=r"image 'b\.jpg': ships 1 and 3 overlap, a label map cannot hold both"):
        write_labelled(tmp_path / "y", "labels", [overlap], [])
    assert not (tmp_path / "y").exists()
    write_labelled(tmp_path / "y", "labels", [overlap], [], "last")
    (image,) = read_labelled(tmp_path / "y", "labels", ImageList(), [])
    assert image.ships == [ship((1, 1)), ship((2, 3)), ship((1, 2))]


def test_yolo_says_which_ships_are_joined(tmp_path):
    frame = ship(*[(row, column) for row in (1, 2, 3) for column in (1, 2, 3) if (row, column) != (2, 2)])
    _, notes = there_and_back(tmp_path, "yolo", [Labelled("a.jpg", SHAPE, [frame, ship((9, 9))])])
    assert any("1 ship with holes or several parts: one polygon each" in note for note in notes)
    assert len((tmp_path / "x" / "a.txt").read_text().splitlines()) == 2


def test_a_folder_is_not_mixed_with_another(tmp_path):
    (tmp_path / "x").mkdir()
    for kind in ("png", "labels", "yolo"):
        (tmp_path / "x" / "old").touch()
        with pytest.raises(DatasetError, match="exists, expected a new or an empty folder"):
            write_labelled(tmp_path / "x", kind, [], [])
        (tmp_path / "x" / "old").unlink()
        write_labelled(tmp_path / "x", kind, [], [])  # an empty folder is fine
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("kind", ["png", "yolo"])
@pytest.mark.parametrize("names", [("a.jpg", "a.png"), ("a.jpg", "A.jpg"), ("a.jpg", "a.jpg")])
def test_images_that_would_share_a_file_are_refused(tmp_path, kind, names):
    with pytest.raises(DatasetError, match="would share the labels"):
        write_labelled(tmp_path / "x", kind, [Labelled(name, SHAPE, []) for name in names], [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("name", ["../a.jpg", "/etc/passwd", "..", "", "a/b.jpg", "a\0b", "C:a.jpg"])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path, kind, name):
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(DatasetError):
        write_labelled(inside / NAMES[kind], kind, [Labelled(name, SHAPE, [])], [])
    assert list(inside.iterdir()) == []
    assert list(tmp_path.iterdir()) == [inside]


def test_formats_are_recognized(tmp_path):
    for name, kind in (("a.csv", "airbus"), ("a.CSV.gz", "airbus"), ("a.csv.xz", "airbus"), ("a.json", "coco")):
        assert recognize(tmp_path / name, exists=False) == recognize(tmp_path / name, exists=True) == kind
    for suffix, kind in ((".png", "png"), (".txt", "yolo")):
        folder = tmp_path / kind
        folder.mkdir()
        (folder / f"a{suffix}").touch()
        assert recognize(folder, exists=True) == kind
    (tmp_path / "b.txt").touch()
    (tmp_path / "b.png").touch()
    for path, exists, message in (
        (tmp_path / "new", False, "could be any folder, say which with --to"),
        (tmp_path / "new", True, "does not exist"),
        (tmp_path, True, "has masks [(].png[)] and YOLO labels [(].txt[)], say which with --from"),
        (tmp_path / "b.txt", True, "has no known suffix"),
    ):
        with pytest.raises(DatasetError, match=message):
            recognize(path, exists=exists)


def test_images_decide_which_labels_are_read(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for name in ("a.png", "c.jpg"):
        cv2.imwrite(str(images / name), np.zeros(SHAPE, np.uint8))
    labels = [Labelled(f"{stem}.png", SHAPE, [ship((1, 1))]) for stem in "ab"]
    for kind in ("airbus", "coco", "png", "yolo"):
        write_labelled(tmp_path / kind, kind, labels, [])
        notes: list[str] = []
        found = list(read_labelled(tmp_path / kind, kind, ImageList(images), notes))
        assert found[0] == labels[0]
        # A YOLO folder has no file where there is no ship.
        assert found[1:] == ([Labelled("c.jpg", SHAPE, [])] if kind == "yolo" else [])
        assert any(note.startswith(f"{tmp_path / kind}: 1 ") and "has no file of that name" in note for note in notes)


@pytest.mark.parametrize(
    ("kind", "segmentation"),
    [("coco", [[1, 2, 1, 1, 3, 1, 3, 2]]), ("coco-rle", {"size": [12, 17], "counts": "=1;0W5"})],
)
def test_json_stays_plain_coco(tmp_path, kind, segmentation):
    write_labelled(tmp_path / "x.json", kind, [Labelled("a.jpg", SHAPE, [ship((1, 1), (1, 2))])], [])
    assert json.loads((tmp_path / "x.json").read_text()) == {
        "info": {},
        "licenses": [],
        "images": [{"id": 1, "file_name": "a.jpg", "height": 12, "width": 17}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 1,
                "iscrowd": 0,
                "area": 2,
                "bbox": [1, 1, 2, 1],
                "segmentation": segmentation,
            }
        ],
        "categories": [{"id": 1, "name": "ship", "supercategory": ""}],
    }


@pytest.mark.parametrize("kind", WRITTEN)
def test_an_interrupt_leaves_nothing_behind(tmp_path, kind):
    def interrupted():
        yield Labelled("a.jpg", SHAPE, [ship((1, 1))])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_labelled(tmp_path / NAMES[kind], kind, interrupted(), [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("kind", ["coco", "coco-rle"])
def test_pycocotools_reads_what_is_written(tmp_path, capsys, kind):
    theirs = pytest.importorskip("pycocotools.coco")
    rng = np.random.default_rng(1)
    images = [Labelled(f"{k}.jpg", SHAPE, components(rng.random(SHAPE) < k / 10)) for k in range(10)]
    images.append(Labelled("parts.jpg", SHAPE, [Rle.from_mask(rng.random(SHAPE) < 0.5)]))
    write_labelled(tmp_path / "x.json", kind, images, [])
    data = theirs.COCO(str(tmp_path / "x.json"))
    capsys.readouterr()  # it talks
    for image in data.loadImgs(data.getImgIds()):
        found = data.loadAnns(data.getAnnIds(imgIds=image["id"]))
        ships = next(ships for name, _, ships in images if name == image["file_name"])
        assert [Rle.from_mask(data.annToMask(one)) for one in found] == ships
        assert [one["area"] for one in found] == [one.area for one in ships]
