"""CVAT for images: polygons, ellipses and masks are read, all else is left out and counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from label_scene import BITMAP, PLACED, POINTS, SHAPE, SHIPS, convert, png
from shipedge.errors import ShipedgeError
from shipedge.formats.convert import read_labelled
from shipedge.formats.labelled import ImageList


def runs(bitmap):
    """Lengths of runs along the rows, the first of background."""
    flat = np.concatenate([[0], bitmap.ravel() != 0])
    edges = np.flatnonzero(np.diff(flat)).tolist()
    return np.diff([0, *edges, bitmap.size]).tolist()


def cvat(inside, name="harbor.png"):
    image = f'<image id="0" name="{name}" width="200" height="120">{inside}</image>'
    return f'<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>{image}</annotations>'


def cvat_mask(bitmap, left, top):
    height, width = bitmap.shape
    counts = ", ".join(map(str, runs(bitmap)))
    return f'<mask label="ship" rle="{counts}" left="{left}" top="{top}" width="{width}" height="{height}"></mask>'


CVAT = (
    "".join(f'<polygon points="{";".join(f"{x}.00,{y}.00" for x, y in points)}"/>' for points in POINTS)
    + cvat_mask(BITMAP, 10, 30)
    + '<ellipse cx="100" cy="60" rx="20" ry="5" rotation="90"/><box xtl="1" ytl="1" xbr="5" ybr="5"/>'
    + '<polyline points="1,1;2,2"/><tag label="fog"/>'
)


def test_cvat(tmp_path):
    path = tmp_path / "annotations.xml"
    path.write_text(cvat(CVAT))
    ships, said = convert(path)
    *exact, upright = ships["harbor.png"]
    assert exact == [*SHIPS, PLACED]
    assert upright.bbox == (95, 40, 105, 80)
    assert "2 objects left out: 1 of type 'box', 1 of type 'polyline'" in said
    for coding in ("utf-16", "utf-8-sig"):
        path.write_bytes(cvat(CVAT).replace('"utf-8"', '"utf-16"' if coding == "utf-16" else '"utf-8"').encode(coding))
        assert convert(path)[0] == ships


def test_sizes_with_a_point(tmp_path):
    path = tmp_path / "annotations.xml"
    path.write_text(cvat(CVAT).replace('width="200"', 'width="200.0"'))
    assert convert(path)[0]["harbor.png"][:3] == SHIPS


def test_frames_of_a_video_have_no_suffix_in_cvat(tmp_path):
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "frame_000000.PNG").write_bytes(png(np.zeros(SHAPE, np.uint8)))
    (tmp_path / "annotations.xml").write_text(cvat(CVAT, "frame_000000"))
    ships, _ = convert(tmp_path / "annotations.xml", "--images", tmp_path / "pics")
    assert list(ships) == ["frame_000000.PNG"]


BOMB = '<!DOCTYPE a [<!ENTITY b "ship"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            cvat('<mask rle="1, 2" left="0" top="0" width="2" height="2"/>'),
            "counts sum to 3, expected 4 (height x width)",
        ),
        (cvat('<mask rle="9999999998" left="0" top="0" width="99999" height="100001"/>'), "mask 0: "),
        (cvat('<mask rle="9000000000" left="0" top="0" width="90000" height="100000"/>'), "mask 0: "),
        (cvat('<mask rle="x" left="0" top="0" width="2" height="2"/>'), "rle is 'x', expected counts"),
        (cvat('<mask rle="4" top="0" width="2" height="2"/>'), "left is missing, expected an integer"),
        (cvat('<polygon points="1,1;2"/>'), "points are '1,1;2', expected x,y;x,y;..."),
        (cvat('<polygon points="1,1;2,x;3,3"/>'), "expected x,y;x,y;..."),
        (cvat('<polygon points="1,1;2,nan;3,3"/>'), "polygon 1: point 2 is (2, nan), expected"),
        (cvat("<polygon/>"), "points are missing"),
        (cvat("", name=""), "name '' does not end in a plain file name"),
        (cvat(CVAT).replace("200", "200.5"), "width is '200.5', expected an integer"),
        (cvat(CVAT).replace("</annotations>", ""), "is no XML of CVAT: no element found"),
        (cvat(CVAT).replace("<annotations>", BOMB + "<annotations>"), "is no XML of CVAT: it has a document type"),
        (cvat(CVAT).replace("annotations", "dataset"), "begins with <dataset>, expected <annotations>"),
        (cvat(CVAT).replace("<version>", "<track/><version>"), "holds tracks, which name no images"),
        (cvat('<box xtl="1"/>'), "its only object would be left out (1 of type 'box')"),
        ("", "is no XML of CVAT"),
        ("<annotations><version>1.1</version></annotations>", "annotations.xml holds no images, expected one or more"),
    ],
)
def test_xml_that_is_refused(tmp_path, content, sentence):
    path = tmp_path / "annotations.xml"
    path.write_text(content)
    assert sentence in convert(path, code=1)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 1000), st.binary(max_size=4), st.integers(0, 4))
def test_damaged_xml_is_ships_or_a_sentence(tmp_path_factory, at, new, removed):
    content = bytearray(cvat(CVAT).encode())
    content[at : at + removed] = new
    path = tmp_path_factory.mktemp("x") / "a.xml"
    path.write_bytes(content)
    try:
        for _, shape, ships in read_labelled(path, "cvat", ImageList(shape=SHAPE), []):
            assert all(ship.shape == shape and ship.area for ship in ships)
    except ShipedgeError as error:
        assert "\n" not in str(error)  # noqa: PT017
