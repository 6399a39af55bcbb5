"""Which ship belongs to which prediction and why one belongs to none; sizes; what lies below false alarms."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge.airbus import write_airbus
from shipedge.errors import DatasetError, SourceError
from shipedge.evaluate import evaluate_files
from shipedge.evaluate.figures import causes, false_alarms
from shipedge.evaluate.matching import PREDICTION_CAUSES, SHIP_CAUSES, match
from shipedge.evaluate.sizes import NAMES, by_size, recalls
from shipedge.metrics import match_counts
from shipedge.rle import Rle, areas

SHAPE = (768, 768)


def box(left: int, top: int, right: int, bottom: int) -> Rle:
    mask = np.zeros(SHAPE, np.uint8)
    mask[top:bottom, left:right] = 1
    return Rle.from_mask(mask)


def judge(ships: list[Rle], predictions: list[Rle]) -> tuple[list[str], list[str]]:
    mine, said = match(ships, predictions, areas(ships), areas(predictions))
    return [SHIP_CAUSES[cause] for cause in mine.cause], [PREDICTION_CAUSES[cause] for cause in said.cause]


@pytest.mark.parametrize(
    ("ships", "predictions", "expected"),
    [
        pytest.param([box(0, 0, 20, 10)], [box(0, 0, 20, 10)], (["found"], ["right"]), id="exact"),
        pytest.param([box(0, 0, 20, 10)], [box(40, 0, 60, 10)], (["missed"], ["false"]), id="elsewhere"),
        pytest.param([box(0, 0, 20, 10)], [], (["missed"], []), id="nothing said"),
        pytest.param([], [box(0, 0, 20, 10)], ([], ["false"]), id="nothing there"),
        pytest.param(
            [box(0, 0, 20, 10), box(22, 0, 42, 10)],
            [box(0, 0, 42, 10)],
            (["merged", "merged"], ["merged"]),
            id="one over two",
        ),
        pytest.param(
            [box(0, 0, 100, 10), box(104, 0, 110, 10)],
            [box(0, 0, 110, 10)],
            (["found", "merged"], ["right"]),
            id="a large ship found, its small neighbour swallowed",
        ),
        pytest.param(
            [box(0, 0, 40, 10)],
            [box(0, 0, 18, 10), box(20, 0, 40, 10)],
            (["split"], ["piece", "piece"]),
            id="IoU exactly 0.5 with one of two halves",
        ),
        pytest.param(
            [box(0, 0, 40, 10)],
            [box(0, 0, 30, 10), box(32, 0, 40, 10)],
            (["found"], ["right", "piece"]),
            id="found, and a crumb beside",
        ),
        pytest.param([box(0, 0, 10, 5)], [box(0, 0, 100, 5)], (["too large"], ["too large"]), id="wake and all"),
        pytest.param([box(0, 0, 100, 5)], [box(0, 0, 10, 5)], (["too small"], ["too small"]), id="only the bow"),
        pytest.param([box(0, 0, 20, 10)], [box(8, 0, 28, 10)], (["shifted"], ["shifted"]), id="beside"),
        pytest.param([box(0, 0, 20, 10)], [box(19, 0, 39, 10)], (["missed"], ["false"]), id="touching is no attempt"),
    ],
)
def test_causes(ships: list[Rle], predictions: list[Rle], expected: tuple[list[str], list[str]]) -> None:
    assert judge(ships, predictions) == expected


@st.composite
def disjoint(draw: st.DrawFn) -> list[Rle]:
    labels = np.zeros((24, 24), int)
    for number in range(draw(st.integers(0, 5))):
        top, left, height, width = (draw(st.integers(*limits)) for limits in ((0, 20), (0, 20), (1, 12), (1, 12)))
        piece = labels[top : top + height, left : left + width]
        piece[piece == 0] = number + 1
    return [Rle.from_mask(labels == number) for number in np.unique(labels) if number]


@given(disjoint(), disjoint())
def test_found_is_the_metric_s_hit_and_every_pair_has_two_sides(ships: list[Rle], predictions: list[Rle]) -> None:
    mine, said = judge(ships, predictions)
    hits, false, missed = match_counts(ships, predictions)[:, 0]
    assert (mine.count("found"), said.count("right")) == (len(ships) - missed, hits)
    assert len(said) - said.count("right") == false
    if "split" in mine:
        assert len(predictions) >= 2
    if "merged" in said:
        assert len(ships) >= 2
    if not predictions:
        assert set(mine) <= {"missed"}


def evaluate(folder: Path, truth: dict[str, list[Rle]], said: dict[str, list[Rle]], **options: object):
    for name, side in (("truth", truth), ("pred", said)):
        write_airbus(folder / f"{name}.csv", [(image, [s.to_airbus() for s in ships]) for image, ships in side.items()])
    return evaluate_files(folder / "pred.csv", folder / "truth.csv", **options)


def test_sizes(tmp_path: Path) -> None:
    result = evaluate(
        tmp_path,
        {"a": [box(0, 0, 10, 4), box(50, 50, 65, 54)], "b": [box(0, 0, 16, 16)], "c": [box(0, 0, 3, 200)], "d": []},
        {"a": [box(0, 0, 10, 4)], "b": [], "c": [box(0, 0, 3, 150)], "d": [box(0, 0, 40, 10)]},
    )
    small, middle, large, huge = by_size(result)
    assert [one.name for one in (small, middle, large, huge)] == list(NAMES)
    assert (small.ships, small.causes["found"], small.recall, small.recall_mean, small.iou) == (2, 1, 0.5, 0.5, 1.0)
    assert small.f2 == pytest.approx(5 / (5 + 4))
    assert (middle.ships, middle.recall, middle.f2) == (1, 0, 0)
    assert np.isnan(middle.iou)
    # the false alarm belongs to its own size, where no ship is
    assert (large.ships, large.predicted, large.false, large.f2) == (0, 1, 1, 0)
    assert np.isnan(large.recall)
    # IoU exactly 0.75 passes 0.50 .. 0.70
    assert (huge.ships, huge.iou, huge.f2, huge.recall_mean) == (1, 0.75, 0.5, 0.5)
    assert {name: (a.sum(), b.sum()) for name, (a, b) in recalls(result).items()} == dict(
        zip(NAMES, [(1, 2), (0, 1), (0, 0), (1, 1)], strict=True)
    )
    assert causes(result)["ships"]["missed"] == 2
    assert false_alarms(result) is None


def test_grounds(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    rng = np.random.default_rng(5)
    colors = {"sea": (20, 50, 80), "sand": (150, 130, 90), "cloud": (225, 225, 230)}
    (tmp_path / "images").mkdir()
    for name, color in colors.items():
        pixels = np.clip(np.array(color) + rng.normal(0, 6, (*SHAPE, 3)), 0, 255).astype(np.uint8)
        pixels[100:108, 100:120] += 20  # something bright: foam, a dune, a thicker cloud
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), pixels[..., ::-1])
    alarm = box(100, 100, 120, 108)
    images = [f"{name}.png" for name in colors]
    truth, said = ({name: list(ships) for name in images} for ships in ([], [alarm]))
    result = evaluate(tmp_path, truth, said, images=tmp_path / "images")
    assert result.grounds is not None
    assert false_alarms(result) == {"land or structure": 1, "cloud": 1, "water": 1}
    assert result.grounds.tolist() == [2, 0, 1]


def test_grounds_need_the_images(tmp_path: Path, image) -> None:
    said = {"a.png": [box(0, 0, 9, 9)]}
    with pytest.raises(SourceError, match=r"a\.png: cannot be read"):
        evaluate(tmp_path, {"a.png": []}, said, images=tmp_path)
    image(tmp_path / "a.png", 100, 100)
    with pytest.raises(DatasetError, match="is 100x100 pixels, expected 768x768"):
        evaluate(tmp_path, {"a.png": []}, said, images=tmp_path)
