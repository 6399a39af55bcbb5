"""`shipedge data view`: which images are shown, where their ships are outlined, and that nothing half-made stays."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from shipedge import rle
from shipedge.cli import main
from shipedge_train.data.view.gallery import choose
from shipedge_train.data.view.sheet import COLUMNS, PER_SHEET, contact_sheet, thumbnail

AIRBUS = Path(__file__).parents[3] / "shared" / "data" / "airbus"
YELLOW = np.array([255, 225, 0])


def view(*arguments):
    return CliRunner().invoke(main, ["data", "view", *map(str, arguments)])


class Cards(HTMLParser):
    """The gallery's cards in their order in the file: {name: attributes}, and what the page says about their order."""

    def __init__(self, path):
        super().__init__()
        self.cards, self.selected = {}, []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if attributes.get("class") == "card":
            self.cards[attributes["data-name"]] = attributes
        if tag == "option" and "selected" in attributes:
            self.selected.append(attributes["value"])


def is_yellow(image):
    return (np.abs(image.astype(int) - YELLOW).max(axis=-1) < 60).any()


def test_a_dataset_becomes_a_page_and_sheets(made_dataset, tmp_path):
    result = view(made_dataset, "--out", tmp_path / "pages")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "pages").iterdir()) == ["index.html", "sheet-001.png"]
    page = Cards(tmp_path / "pages" / "index.html")
    assert {name: card["data-n0"] for name, card in page.cards.items()} == {
        "a.jpg": "1.0",
        "b.jpg": "2.0",
        "c.jpg": "0.0",
        "d.jpg": "1.0",
        "e.jpg": "0.0",
        "f.jpg": "1.0",
    }
    assert page.cards["b.jpg"]["data-n1"] == "4096.0"  # the largest ship
    assert page.cards["c.jpg"]["data-n1"] == ""
    assert page.cards["b.jpg"]["data-n2"] == "5296.0"
    sheet = cv2.imread(str(tmp_path / "pages" / "sheet-001.png"), cv2.IMREAD_COLOR_RGB)
    outlined = [is_yellow(sheet[8:200, 8 + k * 200 : 200 + k * 200]) for k in range(6)]
    assert outlined == [True, True, False, True, False, True]


def test_errors_of_an_evaluation_sort_the_page(made_dataset, tmp_path):
    f2s = {"a.jpg": 0.9, "b.jpg": 0.2, "c.jpg": 1}
    scores = {"per_image": [{"image": name, "f2": f2, "dice": f2} for name, f2 in f2s.items()]}
    (tmp_path / "scores.json").write_text(json.dumps(scores))
    options = ["--scores", tmp_path / "scores.json", "--sort", "error", "--limit", 2, "--out", tmp_path / "worst"]
    result = view(made_dataset, *options)
    assert result.exit_code == 0, result.output
    page = Cards(tmp_path / "worst" / "index.html")
    assert list(page.cards) == ["b.jpg", "a.jpg"]
    assert [float(card["data-n4"]) for card in page.cards.values()] == pytest.approx([0.8, 0.1])
    assert page.selected[0] == "4"  # the page starts sorted by that key
    assert "the first 2 of 6 images" in (tmp_path / "worst" / "index.html").read_text()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"per_image": 3}', '{"per_image": [{"image": "a", "f2": "x", "dice": 1}]}']
)
def test_scores_of_another_kind_are_refused(made_dataset, tmp_path, content):
    (tmp_path / "scores.json").write_text(content)
    result = view(made_dataset, "--out", tmp_path / "pages", "--scores", tmp_path / "scores.json")
    assert result.exit_code == 1
    assert result.stderr.strip().endswith("scores.json is not what `shipedge evaluate --save` writes")
    assert not (tmp_path / "pages").exists()


def test_what_shipedge_evaluate_writes_is_read(made_dataset, tmp_path):
    ships, scores = made_dataset / "ships.csv", tmp_path / "s.json"
    assert CliRunner().invoke(main, ["evaluate", str(ships), str(ships), "--save", str(scores)]).exit_code == 0
    assert view(made_dataset, "--scores", scores, "--sort", "error", "--out", tmp_path / "pages").exit_code == 0
    cards = Cards(tmp_path / "pages" / "index.html").cards
    assert [card["data-n4"] for card in cards.values()] == ["0.0"] * 6


def test_images_that_cannot_be_decoded_are_counted(made_dataset, tmp_path):
    folder = shutil.copytree(made_dataset, tmp_path / "data")
    (folder / "images" / "a.jpg").write_bytes(b"no image")
    result = view(folder, "--out", tmp_path / "pages")
    assert result.exit_code == 0
    assert "1 images cannot be decoded" in result.stderr
    assert list(Cards(tmp_path / "pages" / "index.html").cards) == ["b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg"]


def test_a_failure_leaves_nothing_and_is_heard(made_dataset, tmp_path, monkeypatch, capfd):
    def full(*_):
        raise OSError(28, "No space left on device", "sheet-001.png")

    monkeypatch.setattr("shipedge_train.data.view.gallery.write_atomic", full)
    with pytest.raises(SystemExit) as end:
        main(["data", "view", str(made_dataset), "--out", str(tmp_path / "pages")])
    assert end.value.code == 1
    assert "no space left on device" in capfd.readouterr().err  # stderr is back from the decoders
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["DATA/ships.csv", "--out", "x"], 1, "has no images to look at"),
        (["DATA", "--out", "x", "--sort", "error"], 2, "--sort error needs --scores"),
        (["DATA", "--out", "x", "--limit", "2001"], 2, "2001 is not in the range"),
        (["DATA", "--out", "DATA"], 1, "exists, expected a new or an empty folder"),
    ],
)
def test_bad_input(made_dataset, tmp_path, monkeypatch, arguments, code, sentence):
    monkeypatch.chdir(tmp_path)
    result = view(*(argument.replace("DATA", str(made_dataset)) for argument in arguments))
    assert result.exit_code == code
    assert sentence in result.stderr


def test_choice_is_spread_or_sorted():
    names = [f"{i}.jpg" for i in range(10)]
    assert choose(names, None, 20) == names
    assert choose(names, None, 4) == ["0.jpg", "3.jpg", "6.jpg", "9.jpg"]
    assert choose(names, {"3.jpg": 2.0, "7.jpg": 5.0, "5.jpg": 2.0}, 4) == ["7.jpg", "3.jpg", "5.jpg", "0.jpg"]


@pytest.mark.parametrize("shape", [(768, 768), (300, 900), (90, 40)])
def test_thumbnails_show_the_whole_image_with_its_ships(shape):
    mask = np.zeros(shape, np.uint8)
    mask[-30:-10, 10:30] = 1
    small = thumbnail(np.full((*shape, 3), 90, np.uint8), [rle.Rle.from_mask(mask)])
    assert small.shape == (192, 192, 3)
    shown = np.argwhere((small == 90).all(axis=2))
    assert np.abs(np.ptp(shown, axis=0) + 1 - 192 * np.array(shape) / max(shape)).max() <= 2
    assert is_yellow(small)


def test_sheets_hold_any_number():
    image = np.full((192, 192, 3), 200, np.uint8)
    for count in (1, COLUMNS, COLUMNS + 1, PER_SHEET):
        png = contact_sheet([image] * count, ["é%s{}" * 9] * count)
        sheet = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        assert (sheet == 200).all(axis=2).sum() >= count * 192 * 192


@pytest.mark.shared
def test_the_real_images(tmp_path):
    if not AIRBUS.is_dir():
        pytest.skip(f"the real images are not at {AIRBUS}")
    result = view(AIRBUS, "--out", tmp_path / "pages", "--sort", "ships", "--limit", 60)
    assert result.exit_code == 0, result.output
    page = Cards(tmp_path / "pages" / "index.html")
    counts = [float(card["data-n0"]) for card in page.cards.values()]
    assert counts == sorted(counts, reverse=True)
    assert (len(counts), counts[0]) == (60, 9)
    text = (tmp_path / "pages" / "index.html").read_text()
    assert len(re.findall(r'<path class="outline-0"', text)) == 60
    assert sorted(path.name for path in (tmp_path / "pages").glob("*.png")) == ["sheet-001.png", "sheet-002.png"]
