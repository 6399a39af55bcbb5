"""A scene that many workers look at is the scene that one process looks at."""

import os
import random

import cv2
import numpy as np
import pytest

import scale_results

pytest.importorskip("rasterio", reason="rasterio is not installed (extra geo)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.bundle import default_bundle, load_bundle
from shipedge.cascade import Cascade
from shipedge.engines.engine import Died
from shipedge.events import describe
from shipedge.images import AS_IT_IS
from shipedge.region import Region
from shipedge.scale import scenes
from shipedge.scale.blocks import Block, Item, file_stamp
from shipedge.scale.part import Part
from shipedge.scale.scenes import SceneWork
from shipedge.scale.work import Job, Worker
from shipedge.scene import opening
from shipedge.sources import EVERYTHING
from shipedge.sources.files import read_frame

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers need POSIX")

SAMPLES = sorted((opening.Path(scale_results.__file__).parents[1] / "edge" / "shipedge" / "samples").glob("*.jpg"))


@pytest.fixture
def small_shares(monkeypatch):
    """Images of any size are scenes, and their pieces small."""
    monkeypatch.setattr(opening, "LARGE", 0)
    monkeypatch.setattr(scenes, "_SHARE", 1 << 20)
    monkeypatch.setattr(scenes, "_WINDOWS", 2)


def looked_at(path, job, workers, chance=None):
    """The line of a scene that some workers look at, whose answers come in any order."""
    height, width = read_frame(str(path)).shape
    item = Item(str(path), "scene", stamp=file_stamp(str(path)), pixels=height * width)
    work, hands = SceneWork(Block(0, (item,))), [Worker(job) for _ in range(workers)]
    waiting, count = work.begin(), 0
    chance = chance or random.Random(1)
    while True:
        look = waiting.pop(chance.randrange(len(waiting)))
        count += 1
        done = work.take(look, hands[count % workers](look))
        if isinstance(done, Part):
            return done, count
        waiting += done


def job(bundle, region=None, reading=AS_IT_IS):
    return Job(bundle, bundle.thresholds, 1, False, "cpu", reading, region, EVERYTHING)


def alone(path, one):
    """What one process says."""
    cascade = Cascade(one.bundle, 1, device="cpu")
    frame = read_frame(str(path), one.reading._replace(half=one.bundle.detector.reduce == 2))
    if one.region is not None:
        frame.area = one.region.area(frame)
    return describe(cascade(frame))


def same(part, result):
    import json

    import msgspec

    ours, theirs = json.loads(part.lines), msgspec.to_builtins(result)
    for either in (ours, theirs):
        del either["timings_ms"]
    return ours == theirs


@pytest.fixture(scope="module")
def mosaic():
    """A scene of real ships: the samples side by side and turned, 3000 x 3500."""
    tiles = [cv2.imread(str(path))[:, :, ::-1] for path in SAMPLES]
    rows = [np.hstack([np.rot90(tiles[(5 * row + k) % 8], row + k) for k in range(5)]) for row in range(4)]
    return np.ascontiguousarray(np.vstack(rows)[:3000, :3500])


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("tiled", [True, False])
def test_real_ships(mosaic, geotiff, small_shares, workers, tiled):
    path = geotiff(mosaic, **({"tiled": True, "blockxsize": 256, "blockysize": 256} if tiled else {}))
    one = job(default_bundle())
    part, count = looked_at(path, one, workers)
    result = alone(path, one)
    assert same(part, result)
    assert len(result.ships) > 20
    assert count > 20


def test_ships_on_seams(toy_bundle_dir, geotiff, sea, small_shares):
    ships = [(690, 690, 800, 720), (100, 1400, 2000, 1420), (1440, 100, 1460, 2100), (20, 1380, 80, 1460)]
    path = geotiff(sea(2191, 2203, *ships))
    one = job(load_bundle(toy_bundle_dir))
    part, _ = looked_at(path, one, 2)
    result = alone(path, one)
    assert same(part, result)
    assert len(result.ships) == 3  # two of them cross


@pytest.mark.parametrize("meters", [0.9, 3.0])
def test_resampled_with_nothing_measured_in_some_places(toy_bundle_dir, geotiff, sea, small_shares, meters):
    import rasterio

    pixels = sea(1800, 1700, (300, 300, 420, 360), (1000, 900, 1100, 960), (1500, 1500, 1650, 1600))
    pixels[:700, 900:] = 0
    pixels[1300:, :600] = 0
    transform = rasterio.Affine(meters, 0, 5e5, 0, -meters, 6e6)
    path = geotiff(pixels, nodata=0, transform=transform)
    one = job(load_bundle(toy_bundle_dir))
    part, _ = looked_at(path, one, 2)
    assert same(part, alone(path, one))


def test_in_a_region(toy_bundle_dir, geotiff, sea, small_shares):
    path = geotiff(sea(1800, 1700, (300, 300, 420, 360), (1000, 900, 1100, 960)))
    ring = np.array([[900, 800], [1300, 800], [1300, 1100], [900, 1100]], float)
    one = job(load_bundle(toy_bundle_dir), Region("r.json", [[ring]], False))
    part, _ = looked_at(path, one, 2)
    result = alone(path, one)
    assert same(part, result)
    assert len(result.ships) == 1


def test_a_piece_that_kills_is_tried_three_times(geotiff, sea, small_shares):
    block = Block(0, (Item("a.tif", "scene", pixels=1 << 20),))
    work = SceneWork(block)
    (look,) = work.begin()
    for _ in range(2):
        (look,) = work.take(look, Died("was ended by SIGSEGV"))
    part = work.take(look, Died("was ended by SIGSEGV"))
    assert part.failed == ("a.tif: no process survives it: 3 were tried, the last one was ended by SIGSEGV",)


def test_a_scene_that_changes_while_it_is_read(toy_bundle_dir, scene):
    """Some of its pieces would be of the one, some of the other."""
    bundle = load_bundle(toy_bundle_dir)
    worker, item = Worker(job(bundle)), Item(str(scene), "scene", stamp=file_stamp(str(scene)), pixels=6000 * 6000)
    work = SceneWork(Block(0, (item,)))
    first, *others = work.begin()
    assert work.take(first, worker(first)) == []
    os.utime(scene, ns=(1, 1))
    for look in others:
        part = work.take(look, worker(look))
    assert part.failed == (f"{scene}: has changed while it was read: give the command again",)


@pytest.fixture
def scene(geotiff, tmp_path):
    """A scene of 6000 x 6000, and a small image beside it."""
    pixels = np.full((6000, 6000, 3), 40, np.uint8)
    for k in range(40):
        pixels[140 * k : 140 * k + 30, 130 * k : 130 * k + 100] = 255
    path = geotiff(pixels, "in-a.tif", tiled=True, compress="deflate")
    cv2.imwrite(str(tmp_path / "in-b.png"), pixels[:700, :700])
    return path


def test_the_command(predict, scene, tmp_path):
    assert predict("in-a.tif", "in-b.png", "--out", "one").exit_code == 0
    done = predict("in-a.tif", "in-b.png", "--out", "many", "--workers", "2")
    assert done.exit_code == 0, done.stderr
    assert scale_results.results(tmp_path / "many") == scale_results.results(tmp_path / "one")
    assert len(scale_results.results(tmp_path / "many")) == 2


def test_a_large_image_that_is_no_scene(predict, tmp_path):
    """A palette is read whole, by one worker."""
    from PIL import Image

    pixels = np.full((6000, 6000), 1, np.uint8)
    pixels[1000:1030, 2000:2100] = 2
    palette = Image.fromarray(pixels, "P")
    palette.putpalette([0, 0, 0, 40, 40, 40, 255, 255, 255])
    palette.save(tmp_path / "p.tif", compression="tiff_deflate")
    assert predict("p.tif", "--out", "one", "--max-pixels", "36000000").exit_code == 0
    assert predict("p.tif", "--out", "many", "--workers", "2", "--max-pixels", "36000000").exit_code == 0
    assert scale_results.results(tmp_path / "many") == scale_results.results(tmp_path / "one")
    assert len(scale_results.results(tmp_path / "many")[0]["ships"]) == 1


def test_a_scene_of_another_checksum(predict, scene, tmp_path):
    line = f'{{"url": "in-a.tif", "sha256": "{"0" * 64}"}}'
    (tmp_path / "list.jsonl").write_text(line)
    assert predict("@list.jsonl", "--out", "out").exit_code == 1
    assert "the manifest says" in scale_results.results(tmp_path / "out")[0]["message"]


def test_a_damaged_scene_is_a_sentence(predict, scene, tmp_path):
    content = bytearray(scene.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = bytes(2000)
    scene.write_bytes(bytes(content))
    for out, options in (("one", []), ("many", ["--workers", "2"])):
        assert predict("in-a.tif", "in-b.png", "--out", out, *options).exit_code == 1
    sources = [
        [(one["event"], one["source"]) for one in scale_results.results(tmp_path / out)] for out in ("one", "many")
    ]
    assert sources[0] == sources[1]
