"""Scenes that are read window by window say the same as the image in memory, and name what is wrong with a file."""

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

import logs

pytest.importorskip("rasterio", reason="rasterio is not installed (extra geo)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.bundle import load_bundle
from shipedge.cascade import Cascade
from shipedge.cli import main
from shipedge.errors import ImageError
from shipedge.frame import Frame
from shipedge.images import Reading, read_image
from shipedge.scene import open_scene, opening
from shipedge.sources.files import read_frame
from shipedge.tiling import cut_window

SHIPS = [(690, 690, 800, 720), (1440, 100, 1500, 1000), (20, 1380, 80, 1460), (1900, 2180, 2003, 2191)]
SHAPE = (2191, 2003)  # (height, width): four tiles down, three across, no side a multiple of anything


@pytest.fixture
def every_size(monkeypatch):
    """Images of any size are scenes."""
    monkeypatch.setattr(opening, "LARGE", 0)


@pytest.fixture
def noise():
    """A scene with detail everywhere, of three colors."""
    return np.random.default_rng(7).integers(0, 256, (700, 901, 3), np.uint8)


@pytest.fixture
def written(tmp_path, geotiff, sea):
    """written("png") -> the file of a scene whose ships lie across the seams of tiles and windows."""

    def write(form):
        pixels = sea(*SHAPE, *SHIPS)
        profiles = {
            "strips": {},
            "lzw": {"compress": "lzw", "blockysize": 7},
            "tiles": {"tiled": True, "blockxsize": 256, "blockysize": 128, "compress": "deflate"},
            "bands": {"interleave": "band", "compress": "deflate", "BIGTIFF": "YES"},
        }
        if form in profiles:
            return geotiff(pixels, **profiles[form])
        path = tmp_path / f"a.{form}"
        cv2.imwrite(str(path), pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
        return path

    return write


def described(result):
    return [(ship.rle, ship.score, ship.bbox) for ship in result.ships]


@pytest.mark.parametrize("form", ["strips", "lzw", "tiles", "bands", "png", "jpg"])
def test_a_scene_says_what_its_image_says(written, every_size, toy_bundle_dir, form):
    path = written(form)
    frame = read_frame(str(path))
    assert frame.scene is not None
    whole = Frame(read_image(path), str(path))
    cascade = Cascade(load_bundle(toy_bundle_dir), threads=1)
    dense, scene = cascade(whole), cascade(frame)
    assert np.array_equal(dense.presence, scene.presence)
    assert described(dense) == described(scene)
    assert len(dense.ships) == len(SHIPS)
    if form != "jpg":
        assert sorted(ship.bbox for ship in scene.ships) == sorted(SHIPS)
    assert scene.timings_ms["decode"] > 0


@pytest.mark.parametrize("profile", [{}, {"tiled": True, "blockxsize": 64, "blockysize": 32}])
def test_any_box(geotiff, noise, profile):
    scene = open_scene(str(geotiff(noise, **profile)))
    rng = np.random.default_rng(1)
    for number in range(60):
        top, left = rng.integers(0, 700), rng.integers(0, 901)
        box = np.s_[top : top + rng.integers(1, 300), left : left + rng.integers(1, 300)]
        assert np.array_equal(scene[box], noise[box])
        if number % 7 == 0:
            scene.keep(int(top), int(left), 64)
    assert np.array_equal(cut_window(scene, 640, 832, 96), cut_window(noise, 640, 832, 96))
    halves = Frame(scene, "x").raster(2)
    assert halves.shape == (350, 451, 3)
    assert np.array_equal(halves[32:350, 64:451], Frame(noise, "x").raster(2)[32:350, 64:451])


def test_grey_and_deep_values(geotiff):
    values = np.random.default_rng(3).integers(0, 4000, (300, 400), np.uint16)
    path = geotiff(values)
    with pytest.raises(ImageError, match=r"a\.tif: 16 bits a value, .* --stretch"):
        open_scene(str(path))
    for stretch in ("auto", (0.0, 3000.0)):
        scene = open_scene(str(path), Reading(stretch))
        assert np.array_equal(scene[:, :], read_image(path, stretch))


def test_jpeg_2000(every_size, geotiff, noise, tmp_path):
    rasterio = pytest.importorskip("rasterio")
    path = tmp_path / "a.jp2"
    with rasterio.open(geotiff(noise)) as tiff:
        profile = {**tiff.profile, "driver": "JP2OpenJPEG", "blockxsize": 256, "blockysize": 256}
        with rasterio.open(path, "w", **{**profile, "quality": 100, "reversible": "YES"}) as file:
            file.write(tiff.read())
    scene = open_scene(str(path))
    assert np.array_equal(scene[:, :], noise)
    assert scene.place.gsd_m == pytest.approx(1.5, abs=0.01)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageError, match=r"a\.jp2: .*(cut off|damaged)"):
        _ = open_scene(str(path))[:, :]


def test_transparency_is_no_ship(geotiff, noise):
    alpha = np.zeros(noise.shape[:2], np.uint8)
    alpha[100:200, 40:300] = 9
    path = geotiff(np.dstack([noise, alpha]), photometric="RGB", alpha="YES")
    scene = open_scene(str(path))
    assert np.array_equal(scene[:, :], noise)
    assert np.array_equal(scene[:, :], read_image(path))
    rows, cols = np.nonzero(scene.valid)
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (100 // 32, 199 // 32, 40 // 32, 299 // 32)


def test_all_pixels_of_a_scene(geotiff, noise):
    assert np.array_equal(read_frame(str(geotiff(noise))).pixels, noise)


def test_what_was_not_measured_is_no_ship(geotiff, sea, toy_bundle_dir):
    pixels = sea(900, 1700, (100, 100, 160, 130), (1300, 100, 1360, 130))
    pixels[:, 1000:] = np.where(pixels[:, 1000:] == 255, 254, 255)  # the fill is as bright as a ship
    result = Cascade(load_bundle(toy_bundle_dir), threads=1)(Frame(open_scene(str(geotiff(pixels, nodata=255))), "x"))
    assert not result.presence[:, 32:40].any()
    assert result.presence[3, 4] > 200
    assert result.presence[3, 41] > 200  # 254 was measured


@pytest.mark.parametrize(("form", "packing"), [("tif", "none"), ("tif", "deflate"), ("jpg", ""), ("png", "")])
def test_a_cut_file(every_size, tmp_path, geotiff, noise, form, packing):
    if form == "tif":
        path = geotiff(noise, compress=packing)
    else:
        path = tmp_path / f"a.{form}"
        cv2.imwrite(str(path), noise)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(ImageError, match=r"a\.\w+: .*(cut off|damaged|ends before|cannot be read)"):
        _ = open_scene(str(path))[:, :]


@pytest.mark.parametrize(
    ("form", "profile"),
    [
        ("tif", {"compress": "deflate"}),
        ("tif", {"compress": "lzw"}),
        ("tif", {"compress": "jpeg"}),
        ("jpg", {}),
        ("png", {}),
    ],
)
@pytest.mark.parametrize("tiled", [False, True])
def test_lost_blocks(every_size, tmp_path, geotiff, noise, form, profile, tiled):
    if form == "tif":
        path = geotiff(noise, **profile, **({"tiled": True, "blockxsize": 256, "blockysize": 256} if tiled else {}))
    else:
        path = tmp_path / f"a.{form}"
        cv2.imwrite(str(path), noise)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4096] = bytes(4096)
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"a\.\w+: .*(damaged|cannot be read)"):
        _ = open_scene(str(path))[:, :]


def test_small_images_and_rare_kinds_are_read_whole(every_size, tmp_path, noise, monkeypatch):
    cv2.imwrite(str(tmp_path / "a.bmp"), noise)
    cv2.imwrite(str(tmp_path / "a.png"), noise)
    assert open_scene(str(tmp_path / "a.bmp")) is None
    assert open_scene(str(tmp_path / "a.png")) is not None
    monkeypatch.setattr(opening, "LARGE", 1 << 25)
    assert open_scene(str(tmp_path / "a.png")) is None


def test_rows_too_long_for_memory(geotiff, noise):
    with pytest.raises(ImageError, match=r"630700 pixels would have to be in memory at once, expected at most 1000"):
        open_scene(str(geotiff(noise)), Reading(max_pixels=1000))
    assert open_scene(str(geotiff(noise, tiled=True, blockxsize=32, blockysize=16)), Reading(max_pixels=1000))


def test_without_the_extra(geotiff, sea, toy_bundle_dir, monkeypatch):
    monkeypatch.setattr(opening, "is_installed", lambda: False)
    path = geotiff(sea(768, 900, (200, 100, 260, 120)))
    frame = read_frame(str(path))
    assert frame.scene is None
    assert [s.bbox for s in Cascade(load_bundle(toy_bundle_dir), threads=1)(frame).ships] == [(200, 100, 260, 120)]


def test_predict(geotiff, sea, toy_bundle_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    geotiff(sea(1000, 1700, *SHIPS[:1]))
    done = CliRunner().invoke(main, ["predict", "a.tif", "--bundle", str(toy_bundle_dir), "--annotate"])
    assert done.exit_code == 0, done.output
    (line,) = logs.frames(tmp_path / "predictions")
    assert [tuple(ship["bbox"]) for ship in line["ships"]] == SHIPS[:1]
    assert cv2.imread(str(tmp_path / "predictions" / "annotated" / "a.jpg")).shape == (1000, 1700, 3)
