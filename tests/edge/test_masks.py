"""Building mask folders: right pixels, whole files, honest reports, nothing outside the folder."""

import errno
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from shipedge import atomic, rle
from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge.formats.png import encode_mask
from shipedge.masks import MaskBuilder, build_masks, label_ships, mask_name

HEADER = "ImageId,EncodedPixels\n"
ROWS = "a.jpg,1 3 770 2\nb.jpg,\nc.jpg,5 5\na.jpg,1000 4\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["masks", *map(str, arguments)])


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".shipedge-masks.json"}


def pixels(png: bytes) -> np.ndarray:
    """Pixels of an 8-bit grey PNG without filters, as ours are (test_png.py checks that they are)."""
    width, height, depth = struct.unpack(">IIB", png[16:25])
    assert depth == 8
    raw = zlib.decompress(png[png.index(b"IDAT") + 4 : -16])
    return np.frombuffer(raw, np.uint8).reshape(height, width + 1)[:, 1:]


def same(folder: Path, expected: dict[str, np.ndarray]) -> bool:
    found = {name: pixels(data) for name, data in files(folder).items()}
    return found.keys() == expected.keys() and all(np.array_equal(found[name], expected[name]) for name in found)


@pytest.fixture
def ships(tmp_path: Path) -> Path:
    path = tmp_path / "ships.csv"
    path.write_text(HEADER + ROWS)
    return path


def mask(*texts: str, shape: tuple[int, int] = (768, 768)) -> np.ndarray:
    return rle.decode_union(list(texts), shape)


def test_one_mask_per_image(ships: Path, tmp_path: Path) -> None:
    result = run(ships, tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"3 masks with 3 ships in {tmp_path / 'out'}, ")
    expected = {"a.png": mask("1 3 770 2", "1000 4"), "b.png": mask(), "c.png": mask("5 5")}
    assert same(tmp_path / "out", {name: 255 * values for name, values in expected.items()})


def test_only_ships(ships: Path, tmp_path: Path) -> None:
    assert run(ships, tmp_path / "out", "--only-ships").exit_code == 0
    assert set(files(tmp_path / "out")) == {"a.png", "c.png"}


def test_instances_are_numbered_in_row_order(ships: Path, tmp_path: Path) -> None:
    assert run(ships, tmp_path / "out", "--instances", "--shape", 40, 50).exit_code == 0
    size = (40, 50)
    a = mask("1 3 770 2", shape=size) + 2 * mask("1000 4", shape=size)
    assert same(tmp_path / "out", {"a.png": a, "b.png": mask(shape=size), "c.png": mask("5 5", shape=size)})


def test_more_than_255_instances_take_16_bits() -> None:
    shape = (30, 30)
    labels = label_ships([rle.parse(f"{start} 1", shape) for start in range(1, 601, 2)], shape)
    assert labels.dtype == np.uint16
    assert labels.T.ravel()[:601:2].tolist() == [*range(1, 301), 0]
    assert label_ships([], shape).dtype == np.uint8


def test_instances_that_overlap_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "a.jpg,1 3\na.jpg,10 3\na.jpg,12 2\nb.jpg,1 1\n")
    result = run(path, tmp_path / "out", "--instances")
    assert result.exit_code == 1
    assert "image 'a.jpg': ships 2 and 3 overlap, a label picture cannot hold both" in result.stderr
    assert set(files(tmp_path / "out")) == {"b.png"}


def test_an_interrupted_run_goes_on(ships: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(ships, out)
    complete = files(out)
    (out / "b.png").unlink()
    (out / "a.png").write_bytes(b"kept as it is")
    result = run(ships, out)
    assert result.stdout.startswith("1 masks with 0 ships")
    assert "2 were there already" in result.stdout
    assert files(out) == {**complete, "a.png": b"kept as it is"}


def test_a_folder_of_another_csv_or_other_settings_is_refused(ships: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(ships, out, "--only-ships")
    assert run(ships, out).exit_code == 0  # more of the same masks: fine
    for more, what in ((["--instances"], "instances"), (["--shape", 40, 50], "shape")):
        result = run(ships, out, *more)
        assert result.exit_code == 1
        assert f"holds masks made with other {what}" in result.stderr
    ships.write_text(HEADER + "a.jpg,1 3\n")
    assert "made with other csv_sha256" in run(ships, out).stderr
    (out / ".shipedge-masks.json").write_text("{")
    assert run(ships, out).exit_code == 1


def test_a_folder_of_foreign_pictures_is_refused(ships: Path, tmp_path: Path) -> None:
    (tmp_path / "holiday.png").write_bytes(b"beach")
    result = run(ships, tmp_path)
    assert result.exit_code == 1
    assert "holds PNG files of other origin" in result.stderr
    assert (tmp_path / "holiday.png").read_bytes() == b"beach"


def test_bad_rows_are_reported_and_the_others_written(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "a.jpg,1 3\nb.jpg,1 x\n../c.jpg,1 1\nd.jpg,1 1,\nd.jpg,9 1\ne.jpg,\na.png,1 1\n")
    result = run(path, tmp_path / "out")
    assert result.exit_code == 1
    errors = result.stderr.splitlines()
    assert len(errors) == 4
    assert all(line.startswith("Error: ") for line in errors)
    assert "line 4: ImageId '../c.jpg' is not a plain file name" in errors[0]
    assert "line 5: found 3 fields" in errors[1]
    assert "image 'a.png': its mask a.png is already that of 'a.jpg'" in errors[2]
    assert "line 3: image 'b.jpg': " in errors[3]
    assert ", 4 bad" in result.stdout
    assert set(files(tmp_path / "out")) == {"a.png", "e.png"}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", "x.csv"]


def test_many_complaints_are_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "".join(f"{number}.jpg,0 1\n" for number in range(90)))
    errors = run(path, tmp_path / "out").stderr.splitlines()
    assert len(errors) == 21
    assert errors[-1] == "Error: ... and 70 more"


def test_masks_take_the_size_of_their_pictures(ships: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "images"
    pictures.mkdir()
    (pictures / "c.jpg").write_bytes(encode_mask(np.zeros((20, 30), np.uint8)))
    (pictures / "b.jpg").write_bytes(encode_mask(np.zeros((7, 9), np.uint8)))
    (pictures / "other.jpg").write_bytes(b"")
    result = run(ships, tmp_path / "out", "--images", pictures)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2 of 3 images have their picture in")
    assert same(tmp_path / "out", {"c.png": 255 * mask("5 5", shape=(20, 30)), "b.png": mask(shape=(7, 9))})


def test_a_ship_outside_its_picture_is_a_bad_row(ships: Path, tmp_path: Path) -> None:
    pictures = tmp_path / "images"
    pictures.mkdir()
    for name in ("a.jpg", "c.jpg"):
        (pictures / name).write_bytes(encode_mask(np.zeros((20, 30), np.uint8)))
    (pictures / "b.jpg").write_bytes(b"not a picture")
    result = run(ships, tmp_path / "out", "--images", pictures)
    assert result.exit_code == 1
    assert "line 2: image 'a.jpg'" in result.stderr
    assert "b.jpg is neither a JPEG nor a PNG picture" in result.stderr
    assert set(files(tmp_path / "out")) == {"c.png"}


def test_shape_and_images_exclude_each_other(ships: Path, tmp_path: Path) -> None:
    result = run(ships, tmp_path / "out", "--images", tmp_path, "--shape", 4, 4)
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr
    assert not (tmp_path / "out").exists()


def test_images_must_be_a_folder(ships: Path, tmp_path: Path) -> None:
    result = run(ships, tmp_path / "out", "--images", ships)
    assert result.exit_code == 1
    assert "is not a folder of pictures" in result.stderr


@pytest.mark.parametrize("image", ["../x.jpg", "..", "a/../../x.jpg", "/tmp/x.jpg", "a\\..\\x.jpg", "x\x00.jpg"])
def test_no_image_leaves_the_folder(tmp_path: Path, image: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"{HEADER}{image},1 1\n")
    assert run(path, tmp_path / "deep" / "out").exit_code == 1
    assert files(tmp_path / "deep" / "out") == {}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["deep", "x.csv"]


def test_links_in_the_folder_are_not_followed(ships: Path, tmp_path: Path) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious"
    run(ships, out)
    for name in ("a.png", "b.png", "c.png"):
        (out / name).unlink()
    precious.write_bytes(b"precious")
    # where the temporary file of c.png will be made
    (out / f".c.png.{os.getpid()}.tmp").symlink_to(precious)
    assert run(ships, out).exit_code == 0
    assert precious.read_bytes() == b"precious"
    assert not (out / "c.png").is_symlink()
    assert set(files(out)) == {"a.png", "b.png", "c.png"}


def test_atomic_write_replaces_a_link_not_its_target(tmp_path: Path) -> None:
    precious, link = tmp_path / "precious", tmp_path / "link"
    precious.write_bytes(b"precious")
    link.symlink_to(precious)
    atomic.write_atomic(link, b"new")
    assert precious.read_bytes() == b"precious"
    assert not link.is_symlink()
    assert link.read_bytes() == b"new"


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def fail(_source: str, _target: str) -> None:
        raise error

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(type(error)) as caught:
        atomic.write_atomic(target, b"new")
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("a", b"old")]
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(target)


def test_a_full_disk_stops_with_one_sentence(ships: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("shipedge.masks.write_atomic", full)
    result = run(ships, tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.endswith(".shipedge-masks.json: no space left on device\n")


def test_interrupt_leaves_whole_files_only(ships: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ships.write_text(HEADER + "".join(f"{number}.jpg,{number + 1} 1\n" for number in range(3000)))
    builder = MaskBuilder(ships, tmp_path / "out", (64, 64))
    images = {f"{number}.jpg": [f"{number + 1} 1"] for number in range(3000)}

    def interrupt(count: int) -> None:
        if count:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_masks(builder, images, progress=interrupt)
    written = files(tmp_path / "out")
    assert 64 <= len(written) < 3000
    assert all(data.endswith(b"IEND\xaeB`\x82") for data in written.values())
    report = build_masks(builder, images)
    assert report.skipped == len(written)
    assert report.written == 3000 - len(written)
    assert set(files(tmp_path / "out")) == {mask_name(image) for image in images}


def test_threads_make_the_same_files(ships: Path, tmp_path: Path) -> None:
    images = {f"{number}.jpg": [f"{number * 7 + 1} 5"] for number in range(500)}
    for threads in (1, 4):
        build_masks(MaskBuilder(ships, tmp_path / str(threads), (100, 100)), images, threads=threads)
    assert files(tmp_path / "1") == files(tmp_path / "4")


def test_building_over_a_foreign_folder_raises(ships: Path, tmp_path: Path) -> None:
    (tmp_path / "x.png").touch()
    with pytest.raises(DatasetError, match="other origin"):
        build_masks(MaskBuilder(ships, tmp_path), {})
