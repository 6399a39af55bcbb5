"""`shipedge export`: every file can be made from the log, and nothing wrong comes out of one that was edited."""

import json
import os
import subprocess

import pytest
from click.testing import CliRunner

import logs
from shipedge.cli import main

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")
posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")


def export(*args):
    return CliRunner().invoke(main, ["export", *args])


def test_everything_can_be_made_from_the_log(predict, batch, tmp_path):
    made = ["--csv", "s.csv", "--detections", "d.csv", "--coco", "c.json", "--annotate", "--crops"]
    done = predict(*batch, *made)
    assert done.exit_code == 1
    assert done.stdout.endswith("predictions/annotated, predictions/crops, s.csv, d.csv, c.json\n")
    before = {name: (tmp_path / name).read_bytes() for name in ("s.csv", "d.csv", "c.json")}
    drawn = logs.outputs(tmp_path / "predictions")
    assert len([name for name in drawn if name.startswith("crops")]) == 36
    again = export("predictions", *made, "--sqlite", "s.db")
    assert again.exit_code == 0, again.output
    assert again.stdout.startswith("36 frames; written: s.csv, d.csv, c.json, s.db, ")
    assert before == {name: (tmp_path / name).read_bytes() for name in before}
    assert logs.outputs(tmp_path / "predictions") == drawn


def test_export_says_what_is_wrong(predict, batch, image, tmp_path):
    assert export("predictions").exit_code == 1
    assert "holds no predictions.jsonl" in export("predictions", "--csv", "s.csv").stderr
    predict(*batch)
    assert "nothing to export" in export("predictions").stderr
    image(tmp_path / "in" / "2.png", 8, 8).unlink()
    done = export("predictions", "--annotate")
    assert done.exit_code == 1
    assert "2.png: cannot be read: No such file or directory" in done.stderr
    assert len(list((tmp_path / "predictions" / "annotated").iterdir())) == 7
    log = tmp_path / "predictions" / "predictions.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"score"', b'"skore"', 1))
    done = export("predictions", "--csv", "s.csv")
    assert (done.exit_code, "line 2 is no event" in done.stderr) == (1, True)
    assert not (tmp_path / "s.csv").exists()


@posix
def test_a_database_goes_into_a_pipe_and_leaves_it_one(predict, image, tmp_path):
    image(tmp_path / "a.png", 64, 64, (10, 10, 30, 30))
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE)
    done = predict("a.png", "--sqlite", "pipe")
    assert done.exit_code == 0, done.output
    assert reader.communicate(timeout=30)[0].startswith(b"SQLite format 3")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame["ships"][0].update(rle="abc"), "frame 0 of in/0.png"),
        (lambda frame: frame["ships"][0].update(rle="999999 5"), "frame 0 of in/0.png"),
        (lambda frame: frame["ships"][0].update(rle="=cmd()"), "frame 0 of in/0.png"),
        (lambda frame: frame.update(index=1 << 70), "line 2 is no event"),
        (lambda frame: frame.update(source="a\0b"), "is no name of a file"),
    ],
)
def test_a_log_that_somebody_has_edited(predict, batch, tmp_path, change, said):
    predict(*batch)
    log = tmp_path / "predictions" / "predictions.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    frame = json.loads(lines[1])
    change(frame)
    log.write_bytes(b"".join([lines[0], json.dumps(frame).encode() + b"\n", *lines[2:]]))
    for made in ("--csv", "--sqlite", "--coco", "--detections"):
        done = export("predictions", made, f"x{made}")
        assert (done.exit_code, said in done.stderr) == (1, True), done.output
        assert not (tmp_path / f"x{made}").exists()
