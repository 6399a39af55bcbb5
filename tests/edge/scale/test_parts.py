"""Results in parts: what is kept, what is made again, and what is no whole result."""

import json
import os
import signal

import pytest
from click.testing import CliRunner

import scale_results

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from shipedge.cli import main
from shipedge.events.reading import part_files

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workers need POSIX")


def test_parts_that_are_there_are_not_made_again(predict, images, tmp_path):
    options = ["in", "--out", "out", "--workers", "1", "--block-images", "4", "--json"]
    predict(*options)
    parts = part_files(tmp_path / "out")
    before = {number: path.stat().st_mtime_ns for number, path in parts.items()}
    whole = scale_results.results(tmp_path / "out")
    parts[1].unlink()
    done = predict(*options)
    assert json.loads(done.stdout.splitlines()[-1])["reused"] == 3
    after = {number: path.stat().st_mtime_ns for number, path in part_files(tmp_path / "out").items()}
    assert {number for number in after if after[number] != before[number]} == {1}
    assert scale_results.results(tmp_path / "out") == whole


def test_what_has_failed_is_tried_again_when_all_is_through(predict, images, image, tmp_path):
    options = ["in", "--out", "out", "--workers", "1", "--block-images", "4"]
    broken = images / "05b.png"
    status = broken.stat()
    assert predict(*options).exit_code == 1
    before = {path: path.stat().st_mtime_ns for path in part_files(tmp_path / "out").values()}
    content = bytearray((images / "05.png").read_bytes())
    broken.write_bytes(content[: status.st_size].ljust(status.st_size, b"\0"))
    os.utime(broken, ns=(status.st_atime_ns, status.st_mtime_ns))  # the reason was elsewhere
    predict(*options)
    changed = [path.name for path, time in before.items() if path.stat().st_mtime_ns != time]
    assert changed == ["part-00001.jsonl"]


def test_what_has_changed_is_done_again(predict, images, image, tmp_path):
    options = ["in", "--out", "out", "--workers", "1", "--block-images", "4"]
    predict(*options)
    image(images / "00.png", 300, 400, (10, 10, 60, 40))
    (images / "11.png").unlink()
    predict(*options)
    predict("in", "--out", "one")
    assert scale_results.results(tmp_path / "out") == scale_results.results(tmp_path / "one")


def test_a_folder_of_another_command_is_left_alone(predict, images, tmp_path):
    predict("in", "--out", "out", "--workers", "1", "--block-images", "4")
    (tmp_path / "out" / "predictions.jsonl").unlink()  # as if it had been killed
    before = scale_results.results(tmp_path / "out")
    for options in ([], ["--workers", "1", "--min-area", "9"]):
        done = predict("in", "--out", "out", *options)
        assert done.exit_code == 1
        assert "--fresh replaces it" in done.stderr
    assert scale_results.results(tmp_path / "out") == before
    done = predict("in", "--out", "out", "--workers", "1", "--min-area", "9", "--fresh")
    assert len(part_files(tmp_path / "out")) == 1


def test_a_run_that_is_not_through_is_no_whole_result(predict, images, tmp_path):
    run = lambda *arguments: CliRunner().invoke(main, arguments)  # noqa: E731 - `predict` has made tmp_path its folder
    predict("in", "--out", "out", "--workers", "1", "--block-images", "4")
    assert run("export", "out", "--csv", "whole.csv").stderr == ""
    (tmp_path / "out" / "predictions.jsonl").unlink()  # as if it had been killed
    (tmp_path / "truth.csv").write_text("ImageId,EncodedPixels\n00.png,\n")
    done = run("evaluate", "out", "truth.csv")
    assert done.exit_code == 1
    assert done.stderr == "Error: out holds a run that is not through; give its command again first\n"
    done = run("export", "out", "--csv", "ships.csv")
    assert done.exit_code == 0
    assert done.stderr == "out: the run is not through: what it has until now is exported\n"
    predict("in", "--out", "one")
    log = tmp_path / "one" / "predictions.jsonl"
    assert run("export", "one", "--csv", "one.csv").stderr == ""
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    assert "not through" in run("export", "one", "--csv", "cut.csv").stderr


def test_one_process_replaces_the_parts_of_a_run_that_is_through(predict, images, tmp_path):
    predict("in", "--out", "out", "--workers", "2", "--block-images", "4")
    predict("in", "--out", "out")
    predict("in", "--out", "one")
    assert part_files(tmp_path / "out") == {}
    assert scale_results.results(tmp_path / "out") == scale_results.results(tmp_path / "one")


def test_what_was_read_is_a_manifest(predict, images, tmp_path):
    predict("in", "--out", "out", "--workers", "1")
    record = tmp_path / "out" / "read" / "part-00000.jsonl"
    assert len(record.read_text().splitlines()) == 12  # without the broken one
    assert predict("--manifest", str(record), "--out", "again").exit_code == 0
    frames = [one for one in scale_results.results(tmp_path / "out") if one["event"] == "frame"]
    assert scale_results.results(tmp_path / "again") == frames
    (images / "00.png").write_bytes((images / "01.png").read_bytes())
    predict("--manifest", str(record), "--out", "changed")
    assert "the manifest says" in (tmp_path / "changed" / "parts" / "part-00000.jsonl").read_text()


def test_a_stopped_run_keeps_what_is_complete(images, toy_bundle_dir, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--bundle", str(toy_bundle_dir), "--workers", "1", "--block-images", "1"]
    run = scale_results.start(["in"], tmp_path / "out", *options)
    while run.poll() is None and len(part_files(tmp_path / "out")) < 2:
        pass
    run.send_signal(signal.SIGTERM)
    _, error = run.communicate()
    assert run.returncode == 128 + signal.SIGTERM, error
    assert error.decode().splitlines()[-1] == "Stopped: what is complete has been kept"
    assert len(part_files(tmp_path / "out")) < 13


def test_parquet_is_that_of_the_parts(predict, six_images, tmp_path):
    """Whatever other runs have left in the folder."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (extra scale)")
    folder = tmp_path / "out" / "parts"

    def sources():
        return [
            row["source"] for path in sorted(folder.glob("*.parquet")) for row in parquet.read_table(path).to_pylist()
        ]

    predict("in", "--out", "out", "--format", "parquet", "--block-images", "2")
    assert len(sources()) == 6
    predict("in/0.png", "--out", "out")
    assert list(folder.iterdir()) == list((tmp_path / "out" / "read").iterdir()) == []
    (folder / "part-00007.parquet").write_bytes(b"of a run that was killed")
    predict("in/0.png", "--out", "out", "--format", "parquet")
    assert sources() == ["in/0.png"]
    (tmp_path / "in" / "0.png").write_bytes((tmp_path / "in" / "1.png").read_bytes())
    predict("in/0.png", "--out", "out", "--workers", "1")
    assert sources() == []
    predict("in/0.png", "--out", "out", "--format", "parquet")
    assert sources() == ["in/0.png"]
    row = parquet.read_table(folder / "part-00000.parquet").to_pylist()[0]
    assert [ship["rle"] for ship in row["ships"]] == [
        ship["rle"] for ship in scale_results.results(tmp_path / "out")[0]["ships"]
    ]


def test_results_as_parquet(predict, six_images, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed (extra scale)")
    (tmp_path / "in" / "bad.png").write_bytes(b"nothing")
    predict("in", "--out", "out", "--format", "parquet", "--block-images", "4")
    rows = [
        row for path in sorted((tmp_path / "out").rglob("*.parquet")) for row in parquet.read_table(path).to_pylist()
    ]
    found = scale_results.results(tmp_path / "out")
    assert [row["source"] for row in rows] == [one["source"] for one in found]
    assert [row["ships"][0]["rle"] for row in rows[:6]] == [one["ships"][0]["rle"] for one in found[:6]]
    assert "bad.png" in rows[6]["error"]
