"""Overlapping images are found from their pixels, and nothing else is."""

from itertools import combinations, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from overlaps_scenes import make_cuts
from overlaps_table import report, score, sign_cuts
from shipedge.images import decode_reduced
from shipedge_train.data.split.overlaps import find_overlaps, shared_blocks
from shipedge_train.data.split.signature import SYMBOLS, UNSURE, sign, solid
from shipedge_train.dataset import scenes_of

AIRBUS = Path(__file__).parents[3] / "shared" / "data" / "airbus"


@pytest.fixture(scope="module")
def proof():
    cuts = list(make_cuts(seas=8, patchworks=2, side=1536, seed=4))
    cuts = [cuts[at] for at in np.random.default_rng(0).permutation(len(cuts))]
    return score(cuts, find_overlaps(sign_cuts(cuts)))


def test_overlapping_cuts_of_any_quality_are_found(proof):
    assert proof["overlapping"] > 1000
    assert proof["recall"] >= 0.99
    assert all(pairs and found >= 0.9 * pairs for pairs, found in proof["patterns"].values())


def test_different_waters_never_match_even_under_the_same_light(proof):
    assert proof["false"] == proof["misplaced"] == 0


def test_the_report_shows_every_pattern(proof):
    lines = report(proof).splitlines()
    rows = [line for line in lines if line.count("/") == 5]
    assert len(rows) == 5
    assert [int(row.split()[0]) for row in rows] == [-2, -1, 0, 1, 2]


def quarter(jpeg):
    return decode_reduced(jpeg, "a cut", 4, grey=True)


def signed(image, quality):
    return sign(quarter(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()))


@pytest.mark.parametrize("value", [0, 97, 255])
def test_solid_images_match_nothing(value):
    flat = np.full((768, 768, 3), value, np.uint8)
    symbols = np.stack([signed(flat, quality) for quality in (70, 95)])
    assert solid(symbols).all()
    assert len(find_overlaps(symbols)) == 0


def test_a_shared_solid_block_is_no_overlap():
    rng = np.random.default_rng(2)
    two = rng.integers(0, 255, (2, 768, 768, 3), dtype=np.uint8)
    two[:, :256, :256] = 255
    symbols = np.stack([signed(image, 90) for image in two])
    assert solid(symbols)[:, 0].all()
    assert not solid(symbols)[:, 1:].any()
    assert len(find_overlaps(symbols)) == 0


def test_where_the_other_image_lies_is_said():
    scene = np.random.default_rng(3).integers(0, 255, (1280, 1280, 3), dtype=np.uint8)
    first = signed(scene[256:1024, :768], 80)
    second = signed(scene[:768, 512:], 95)
    assert find_overlaps(np.stack([first, second])).tolist() == [[0, 1, -1, 2]]
    assert find_overlaps(np.stack([second, first])).tolist() == [[0, 1, 1, -2]]


@pytest.mark.parametrize(("dy", "dx"), list(np.ndindex(5, 5)))
def test_shared_blocks_are_the_same_places(dy, dx):
    dy, dx = dy - 2, dx - 2
    ours, theirs = shared_blocks(dy, dx)
    assert len(ours) == len(theirs) == (3 - abs(dy)) * (3 - abs(dx))
    for a, b in zip(ours, theirs, strict=True):
        assert (a // 3, a % 3) == (b // 3 + dy, b % 3 + dx)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_images_to_overlap(count):
    assert find_overlaps(np.zeros((count, 9, SYMBOLS), np.uint8)).shape == (0, 4)


def test_many_copies_hang_together():
    """More copies than a table looks ahead: each is tied to the next ones."""
    rng = np.random.default_rng(1)
    symbols = np.repeat(rng.integers(0, 32, (1, 9, SYMBOLS), dtype=np.uint8), 200, axis=0)
    symbols[:, :, :3] = UNSURE
    found = {(i, j) for i, j, dy, dx in find_overlaps(symbols).tolist() if (dy, dx) == (0, 0)}
    assert all(pair in found for pair in pairwise(range(200)))


@pytest.mark.shared
def test_no_false_pair_among_the_real_images_and_each_block_is_known_again():
    if not AIRBUS.is_dir():
        pytest.skip(f"the real images are not at {AIRBUS}")
    paths = sorted((AIRBUS / "images").iterdir())
    scenes = scenes_of(AIRBUS)
    images = [cv2.imread(str(path)) for path in paths]
    again = np.stack([signed(image, (70, 80, 90, 95)[at % 4]) for at, image in enumerate(images)])
    first = np.stack([sign(quarter(path.read_bytes())) for path in paths])
    pairs = find_overlaps(np.concatenate([first, again])).tolist()
    count = len(paths)
    # The only pairs of one scene (8) lie too far apart to share a pixel: see the test below.
    assert [(i, j) for i, j, _, _ in pairs if i % count != j % count] == []
    assert {i for i, j, _, _ in pairs if j == i + count} == set(range(count))
    alone = [
        len(find_overlaps(np.stack([np.where(np.arange(9)[:, None] == block, one, UNSURE) for one in (a, b)])))
        for a, b in zip(first[:40], again[:40], strict=True)
        for block in range(9)
    ]
    assert np.mean(alone) > 0.97
    together = [pair for pair in combinations([p.name for p in paths], 2) if scenes[pair[0]] == scenes[pair[1]]]
    assert len(together) == 8


@pytest.mark.shared
def test_real_images_of_one_scene_lie_apart():
    """The truth by brute force: in none of the 25 ways do two of them show the same pixels."""
    if not AIRBUS.is_dir():
        pytest.skip(f"the real images are not at {AIRBUS}")
    scenes = scenes_of(AIRBUS)
    several = [name for name in scenes if list(scenes.values()).count(scenes[name]) > 1]
    grey = {name: cv2.imread(str(AIRBUS / "images" / name), cv2.IMREAD_GRAYSCALE).astype(np.int16) for name in several}
    for one, two in combinations(several, 2):
        if scenes[one] != scenes[two]:
            continue
        for dy, dx in np.ndindex(5, 5):
            ours, theirs = shared_blocks(dy - 2, dx - 2)
            a, b = (
                g.reshape(3, 256, 3, 256).transpose(0, 2, 1, 3).reshape(9, 256, 256)[at]
                for g, at in ((grey[one], ours), (grey[two], theirs))
            )
            assert np.abs(a - b).mean() > 4
