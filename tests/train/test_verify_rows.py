"""A CSV alone: rows that do not parse, repeat or contradict each other; ships that do not look like ships."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shipedge import rle
from shipedge_train.data.verify.dataset import Parts, verify
from shipedge_train.data.verify.fix import fix
from shipedge_train.data.verify.shapes import hull_areas

HEAD = "ImageId,EncodedPixels\n"


def found(tmp_path, rows, shape=(768, 768), name="ships.csv"):
    """[(code, image, line)] of a CSV with these rows."""
    path = tmp_path / name
    data = (HEAD + "".join(f"{row}\n" for row in rows)).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    report, _ = verify(Parts(path), shape)
    return [(one.code, one.image, one.line) for one in report.findings]


def box(top, left, height, width, shape=(768, 768)):
    mask = np.zeros(shape, np.uint8)
    mask[top : top + height, left : left + width] = 1
    return mask


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("a.jpg,5 3 1", "bad-runs"),
        ("a.jpg,5 3 6 1", "bad-runs"),
        ("a.jpg,0 9", "bad-runs"),
        ("a.jpg,5 0", "bad-runs"),
        ("a.jpg,-1 9", "bad-runs"),
        ("a.jpg,nan", "bad-runs"),
        ("a.jpg,589821 5", "outside-image"),
        ("a.jpg,600000 5", "outside-image"),
        ("a.jpg,5 9,7", "bad-row"),
        ("../a.jpg,5 9", "bad-row"),
    ],
)
def test_row_that_is_no_ship(tmp_path, row, code):
    assert found(tmp_path, ["b.jpg,1 9", row]) == [(code, row.partition(",")[0], 3)]


def test_a_csv_without_rows_is_an_error(tmp_path):
    assert found(tmp_path, []) == [("no-images", "", 0)]


def test_every_bad_row_of_an_image_is_named(tmp_path):
    rows = ["a.jpg,1 9", "a.jpg,x", "a.jpg,11 9", "a.jpg,600000 5"]
    assert found(tmp_path, rows) == [("bad-runs", "a.jpg", 3), ("outside-image", "a.jpg", 5)]


def test_ship_rows_that_contradict_no_ship_rows(tmp_path):
    rows = ["a.jpg,1 9", "a.jpg,", "b.jpg,", "b.jpg,1 9"]
    assert found(tmp_path, rows) == [("contradiction", "a.jpg", 3), ("contradiction", "b.jpg", 5)]


@pytest.mark.parametrize("name", ["ships.csv", "ships.csv.gz"])
def test_duplicates(tmp_path, name):
    rows = ["a.jpg,1 9", "b.jpg,", "a.jpg,20 9", "a.jpg,1 4 5 5", "b.jpg,", "c.jpg,1 9"]
    assert found(tmp_path, rows, name=name) == [("duplicate-ship", "a.jpg", 5), ("duplicate-empty", "b.jpg", 6)]


def test_ships_that_overlap(tmp_path):
    assert found(tmp_path, ["a.jpg,1 9", "a.jpg,20 9", "a.jpg,9 5", "b.jpg,1 9"]) == [("ships-overlap", "a.jpg", 4)]


@pytest.mark.parametrize(
    ("codes", "mask"),
    [
        ([], box(10, 10, 30, 60)),
        (["ship-tiny"], box(10, 10, 3, 1)),
        (["ship-huge"], box(0, 0, 200, 200)),
        (["ship-huge"], box(0, 0, 10, 600)),
        (["ship-fills"], box(0, 0, 768, 768)),
        (["ship-parts"], box(10, 10, 20, 40) | box(10, 51, 20, 40)),
        (["ship-hollow"], box(10, 10, 40, 40) - box(20, 20, 20, 20)),
        (["ship-ragged"], box(10, 10, 60, 4) | box(10, 10, 4, 60)),
    ],
)
def test_ships_that_do_not_look_like_ships(tmp_path, codes, mask):
    assert [code for code, _, _ in found(tmp_path, [f"a.jpg,{rle.encode(mask)}"])] == codes


def test_a_line_of_transposed_rectangles_betrays_itself_where_images_are_not_square(tmp_path):
    shape = (300, 500)
    rows = [f"{i}.jpg,{rle.encode(box(10 + i, 20, 30, 60, shape), order='C')}" for i in range(20)]
    assert ("row-major", "", 0) in found(tmp_path, rows, shape)
    rows = [f"{i}.jpg,{rle.encode(box(10 + i, 20, 30, 60, shape))}" for i in range(20)]
    assert found(tmp_path, rows, shape) == []


def test_ships_higher_than_wide_in_square_images_are_a_hint(tmp_path):
    rng = np.random.default_rng(0)
    sizes = [(int(h), int(w)) for h, w in zip(rng.integers(30, 60, 300), rng.integers(10, 50, 300), strict=True)]
    rows = [f"{i}.jpg,{rle.encode(box(10, 20, *size))}" for i, size in enumerate(sizes)]
    assert found(tmp_path, rows) == [("row-major-habit", "", 0)]
    rows = [f"{i}.jpg,{rle.encode(box(10, 20, *size[::-1]))}" for i, size in enumerate(sizes)]
    assert found(tmp_path, rows) == []


def slow_hull_area(mask):
    """Monotone chain over the corners of all pixel squares, then the shoelace formula."""
    points = sorted({(int(x) + dx, int(y) + dy) for y, x in np.argwhere(mask) for dx in (0, 1) for dy in (0, 1)})
    hull = []
    for chain in (points, points[::-1]):
        start = len(hull)
        for x, y in chain:
            while len(hull) >= start + 2:
                (x0, y0), (x1, y1) = hull[-2:]
                if (x1 - x0) * (y - y0) > (y1 - y0) * (x - x0):
                    break
                hull.pop()
            hull.append((x, y))
        hull.pop()
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(hull, hull[1:] + hull[:1], strict=True)) / 2


@given(st.lists(arrays(np.uint8, (7, 9), elements=st.integers(0, 1)), min_size=1, max_size=4))
def test_hulls_are_those_of_the_pixel_squares(masks):
    masks = [mask for mask in masks if mask.any()]
    assert hull_areas([rle.Rle.from_mask(mask) for mask in masks]) == [slow_hull_area(mask) for mask in masks]


@given(
    st.lists(
        st.sampled_from(["a,1 9", "a,", "b,1 9", "b,5 9", "b,x", "c,1 9", "../d,", "e,", "e,,"]),
        min_size=1,
        max_size=12,
    )
)
def test_a_fixed_csv_has_no_errors(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("fix")
    path = folder / "ships.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    report, read = verify(Parts(path), (768, 768))
    kept, left_out, remaining = fix(folder / "clean", report, read, Parts(path))
    assert remaining == []
    again, _ = verify(Parts(folder / "clean" / "ships.csv"), (768, 768))
    assert [finding.code for finding in again.findings] == ([] if kept else ["no-images"])
    assert (again.images, kept + left_out) == (kept, len({row.partition(",")[0] for row in rows}))
