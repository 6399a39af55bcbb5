"""Building mask folders: right pixels, whole files, honest reports, nothing outside the folder."""

import errno
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from reference import read_png
from shipedge import rle
from shipedge._core import write_masks
from shipedge.airbus import open_csv
from shipedge.cli import main
from shipedge.errors import DatasetError
from shipedge.masks import MaskBuilder, build_masks, mask_name

HEADER = "ImageId,EncodedPixels\n"
ROWS = "a.jpg,1 3 770 2\nb.jpg,\nc.jpg,5 5\na.jpg,1000 4\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["masks", *map(str, arguments)])


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".shipedge-masks.json"}


def empty_png(height: int, width: int) -> bytes:
    return rle.to_png(rle.Rle([], (height, width)))


def same(folder: Path, expected: dict[str, np.ndarray]) -> bool:
    found = {name: read_png(data) for name, data in files(folder).items()}
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


def test_instances_that_overlap_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "a.jpg,1 3\na.jpg,10 3\na.jpg,12 2\nb.jpg,1 1\n")
    result = run(path, tmp_path / "out", "--instances")
    assert result.exit_code == 1
    assert "image 'a.jpg': ships 2 and 3 overlap, a label map cannot hold both" in result.stderr
    assert "overlap (--overlap) first, last or larger says whose a pixel is" in result.stderr
    assert set(files(tmp_path / "out")) == {"b.png"}


@pytest.mark.parametrize(("rule", "whose"), [("first", 2), ("last", 3), ("larger", 2)])
def test_instances_that_overlap_go_by_a_rule(tmp_path: Path, rule: str, whose: int) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "a.jpg,1 3\na.jpg,10 3\na.jpg,12 2\n")
    assert run(path, tmp_path / "out", "--instances", "--overlap", rule, "--shape", 20, 1).exit_code == 0
    labels = read_png((tmp_path / "out" / "a.png").read_bytes()).ravel()
    assert labels[11] == whose
    assert labels.tolist() == [1, 1, 1, *[0] * 6, 2, 2, whose, 3, *[0] * 7]
    again = run(path, tmp_path / "out", "--instances", "--shape", 20, 1)
    assert again.exit_code == 1  # the folder was made by another rule
    assert "made with other instances" in again.stderr


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


def test_a_folder_of_foreign_images_is_refused(ships: Path, tmp_path: Path) -> None:
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


def test_masks_take_the_size_of_their_images(ships: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "c.jpg").write_bytes(empty_png(20, 30))
    (images / "b.jpg").write_bytes(empty_png(7, 9))
    (images / "other.jpg").write_bytes(b"")
    result = run(ships, tmp_path / "out", "--images", images)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2 of 3 images have their image in")
    assert same(tmp_path / "out", {"c.png": 255 * mask("5 5", shape=(20, 30)), "b.png": mask(shape=(7, 9))})


def test_a_ship_outside_its_image_is_a_bad_row(ships: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for name in ("a.jpg", "c.jpg"):
        (images / name).write_bytes(empty_png(20, 30))
    (images / "b.jpg").write_bytes(b"not an image")
    result = run(ships, tmp_path / "out", "--images", images)
    assert result.exit_code == 1
    assert "line 2: image 'a.jpg'" in result.stderr
    assert "b.jpg: not an image that shipedge reads" in result.stderr
    assert set(files(tmp_path / "out")) == {"c.png"}


def test_shape_and_images_exclude_each_other(ships: Path, tmp_path: Path) -> None:
    result = run(ships, tmp_path / "out", "--images", tmp_path, "--shape", 4, 4)
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr
    assert not (tmp_path / "out").exists()


def test_images_must_be_a_folder(ships: Path, tmp_path: Path) -> None:
    result = run(ships, tmp_path / "out", "--images", ships)
    assert result.exit_code == 1
    assert "is not a folder of images" in result.stderr


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
    complete = files(out)
    precious.write_bytes(b"precious")
    for name, target in (("b.png", tmp_path / "nowhere"), ("c.png", precious)):
        (out / name).unlink()
        (out / name).symlink_to(target)
    (out / ".shipedge-masks.running").touch()  # so that what is there is not trusted
    assert run(ships, out).exit_code == 0
    assert precious.read_bytes() == b"precious"
    assert not (tmp_path / "nowhere").exists()
    assert not any(path.is_symlink() for path in out.iterdir())
    assert files(out) == complete


def test_a_full_disk_stops_with_one_sentence(ships: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("shipedge.masks.write_atomic", full)
    result = run(ships, tmp_path / "out")
    assert result.exit_code == 1
    assert result.stderr.endswith(".shipedge-masks.json: no space left on device\n")


def test_interrupt_leaves_whole_files_only(ships: Path, tmp_path: Path) -> None:
    names = [f"{number}.jpg" for number in range(3000)]
    ships.write_text(HEADER + "".join(f"{name},{number + 1} 1\n" for number, name in enumerate(names)))
    builder, index = MaskBuilder(ships, tmp_path / "out", (64, 64)), open_csv(ships)

    def interrupt(count: int) -> None:
        if count:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_masks(builder, index, progress=interrupt)
    written = files(tmp_path / "out")
    assert 64 <= len(written) < 3000
    assert all(data.endswith(b"IEND\xaeB`\x82") for data in written.values())
    report = build_masks(builder, index)
    assert report.skipped == len(written)
    assert report.written == report.ships == 3000 - len(written)
    assert set(files(tmp_path / "out")) == {mask_name(name) for name in names}


def test_what_a_killed_run_left_behind_is_replaced(ships: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(ships, out)
    complete = files(out)
    (out / "a.png").write_bytes(complete["a.png"][:-5])
    (out / "b.png").write_bytes(b"")
    (out / ".shipedge-masks.running").touch()
    assert run(ships, out).stdout.startswith("2 masks with 2 ships")
    assert files(out) == complete


def test_a_file_that_cannot_be_written_whole_is_removed(ships: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits of a process")
    program = (
        "import resource, sys; from shipedge.cli import main;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)); main(sys.argv[1:])"
    )
    assert resource.RLIMIT_FSIZE is not None
    call = [sys.executable, "-c", program, "masks", str(ships), str(tmp_path / "out")]
    result = subprocess.run(call, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert re.fullmatch(r"Error: .*[abc]\.png: file too large\n", result.stderr)
    assert files(tmp_path / "out") == {}
    assert run(ships, tmp_path / "out").exit_code == 0
    assert set(files(tmp_path / "out")) == {"a.png", "b.png", "c.png"}


def test_threads_make_the_same_files(ships: Path, tmp_path: Path) -> None:
    ships.write_text(HEADER + "".join(f"{number}.jpg,{number * 7 + 1} 5\n" for number in range(500)))
    for threads in (1, 4):
        build_masks(MaskBuilder(ships, tmp_path / str(threads), (100, 100)), open_csv(ships), threads=threads)
    assert len(files(tmp_path / "1")) == 500
    assert files(tmp_path / "1") == files(tmp_path / "4")


def test_building_over_a_foreign_folder_raises(ships: Path, tmp_path: Path) -> None:
    (tmp_path / "x.png").touch()
    with pytest.raises(DatasetError, match="other origin"):
        build_masks(MaskBuilder(ships, tmp_path), open_csv(ships))


def test_an_image_that_the_csv_does_not_know(ships: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"z\.jpg"):
        build_masks(MaskBuilder(ships, tmp_path / "out"), open_csv(ships), ["a.jpg", "z.jpg"])


@pytest.mark.parametrize("name", ["", "../a.png", "a/b.png", "a\0.png"])
def test_the_core_writes_plain_names_only(ships: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is not a plain file name"):
        write_masks(open_csv(ships), ["a.jpg"], [name], str(tmp_path), (4, 4), None, 1)
