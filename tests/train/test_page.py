"""Pages: nothing from outside becomes markup, nothing is loaded, and outlines lie around their ships."""

import base64
import hashlib
import html
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from shipedge.rle import Rle
from shipedge_train.page import (
    MOST_IMAGES,
    Chart,
    Facts,
    Gallery,
    GalleryImage,
    Table,
    Text,
    gallery_image,
    new_figure,
    png_of,
    write_page,
)

HOSTILE = "\"><img src=x onerror=alert(1)></script><script>alert('&amp;{{ 7*7 }}')</script>.jpg"


class Elements(HTMLParser):
    """Every start tag with its attributes, and all text."""

    def __init__(self, text):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def ship(top=300, left=100, height=40, width=90, shape=(768, 768)):
    mask = np.zeros(shape, np.uint8)
    mask[top : top + height, left : left + width] = 1
    return Rle.from_mask(mask)


def chart(title="loss"):
    figure, axes = new_figure()
    axes.plot([1, 2, 3], [3, 2, 1], label=title)
    axes.legend()
    axes.set_title(title)
    return Chart(figure, title)


def card(name="a.jpg", **numbers):
    return gallery_image(name, np.zeros((768, 768, 3), np.uint8), {"truth": [ship()]}, numbers)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page whose every text is hostile."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    image = gallery_image(HOSTILE, np.zeros((768, 768, 3), np.uint8), {HOSTILE: [ship()]}, {HOSTILE: 3})
    blocks = [
        Text(HOSTILE, HOSTILE),
        Facts({HOSTILE: HOSTILE}, HOSTILE),
        chart(HOSTILE),
        chart("$alpha <b>"),
        Table([HOSTILE], [[HOSTILE], [None], [2.5]], HOSTILE),
        Gallery([image, card(ships=1)], HOSTILE, HOSTILE, sort=HOSTILE),
    ]
    write_page(path, HOSTILE, blocks, subtitle=HOSTILE)
    return path.read_text(encoding="utf-8")


def test_hostile_names_stay_text(page):
    elements = Elements(page)
    scripts = [attributes for tag, attributes in elements.found if tag == "script"]
    assert scripts == [{}]  # our own
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert {a["src"][:22] for tag, a in elements.found if tag == "img"} == {"data:image/jpeg;base64"}
    assert "{{ 7*7 }}" in elements.text
    assert [a["data-name"] for tag, a in elements.found if a.get("class") == "card"] == [HOSTILE, "a.jpg"]


def test_a_page_loads_nothing_and_runs_only_its_own_script(page):
    assert (
        re.findall(r"(?:src|href|url\()=?[\"']?(?!data:|#)\w[^\"')> ]*", html.unescape(page).replace(HOSTILE, "")) == []
    )
    policy = next(a["content"] for _, a in Elements(page).found if a.get("http-equiv") == "Content-Security-Policy")
    script = re.search(r"<script>(.*)</script>\n</body>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_charts_of_one_page_share_no_clip_path(page):
    ids = re.findall(r'<clipPath id="(\w+)"', page)
    assert len(ids) == len(set(ids)) == 2


def test_numbers_are_there_for_people_and_for_sorting(tmp_path):
    images = [card("a.jpg", ships=12_345, f2=None), card("b.jpg", ships=0, f2=0.51239)]
    write_page(tmp_path / "p.html", "t", [Gallery(images), Facts({"pixels": 1_234_567})])
    text = (tmp_path / "p.html").read_text()
    cards = [a for _, a in Elements(text).found if a.get("class") == "card"]
    assert [(a["data-n0"], a["data-n1"]) for a in cards] == [("12345.0", ""), ("0.0", "0.51239")]
    for shown in ("ships 12,345", "f2 0.5124", "1,234,567"):
        assert shown in text


def test_thumbnails_are_small_and_keep_the_color():
    pixels = np.zeros((768, 1024, 3), np.uint8)
    pixels[..., 0] = 200
    image = gallery_image("a.jpg", pixels, {}, {})
    small = cv2.imdecode(np.frombuffer(image.jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert small.shape == (192, 256, 3)
    assert small[0, 0].tolist() == pytest.approx([200, 0, 0], abs=3)
    assert image.shape == (768, 1024)


@pytest.mark.parametrize("scale", [1, 2])
def test_outlines_enclose_their_ship_in_pixels_of_the_whole_image(scale):
    pixels = np.zeros((768 // scale, 768 // scale, 3), np.uint8)
    image = gallery_image("a.jpg", pixels, {"truth": [ship()], "prediction": [], "empty": [ship(height=0)]}, {})
    numbers = np.array(re.findall(r"-?\d+", image.outlines["truth"]), int).reshape(-1, 2)
    assert (numbers.min(axis=0) == [96, 296]).all()
    assert (numbers.max(axis=0) == [193, 343]).all()
    assert image.shape == (768, 768)
    assert image.outlines["prediction"] == image.outlines["empty"] == ""


def test_a_gallery_has_a_limit(tmp_path):
    many = [GalleryImage(f"{i}.jpg", b"", (1, 1), {}, {}) for i in range(MOST_IMAGES + 1)]
    with pytest.raises(ValueError, match="2001 images in one gallery, expected 2000 at most"):
        write_page(tmp_path / "p.html", "t", [Gallery(many)])
    assert not list(tmp_path.iterdir())


def test_charts_are_png_files_too():
    image = cv2.imdecode(np.frombuffer(png_of(chart().figure), np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (300, 600, 3)
    assert image.std() > 1
