"""What belongs to a batch, when it ends, and that no file of others is lost."""

import pytest

import logs

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")


def test_a_source_that_is_given_twice_is_read_once(predict, image, tmp_path):
    image(tmp_path / "a.png", 64, 64, (10, 10, 30, 30))
    done = predict("a.png", "a.png")
    assert done.exit_code == 0
    assert "1 file is given twice and read once" in done.stderr
    assert len(logs.frames("predictions")) == 1


def test_a_batch_that_goes_wrong_ends(predict, image, tmp_path):
    for k in range(40):
        (tmp_path / "in").mkdir(exist_ok=True)
        if k % 3:
            (tmp_path / "in" / f"{k:02}.png").write_bytes(b"no image")
        else:
            image(tmp_path / "in" / f"{k:02}.png", 8, 8)
    done = predict("in", "--max-failure-rate", "0.5")
    assert done.exit_code == 1
    assert "13 of 20 sources failed, more than a share of 0.5; the last: in/19.png: not an image" in done.stderr
    assert len(logs.frames("predictions")) == 7
    done = predict("in", "--max-failure-rate", "0.9")
    assert done.exit_code == 1
    assert "26 of 40 sources failed" in done.stderr
    assert len(logs.frames("predictions")) == 14


@pytest.mark.parametrize("option", ["--rotate=3", "--rotate=3 MiB", "--rotate=0MB", "--rotate=-1d", "--keep=0"])
def test_options_that_make_no_sense(predict, image, tmp_path, option):
    image(tmp_path / "a.png", 8, 8)
    assert predict("a.png", option).exit_code == 2


def test_keep_would_delete_results_of_a_batch(predict, image, tmp_path):
    image(tmp_path / "a.png", 8, 8)
    done = predict("a.png", "--keep", "2", "--rotate", "1MB")
    assert (done.exit_code, "--keep deletes results" in done.stderr) == (1, True)


def test_max_frames_counts_what_is_done(predict, batch, tmp_path):
    for limit in (4, 12):
        assert predict(*batch, "--max-frames", str(limit), "--out", "whole").exit_code in (0, 1)
        whole = logs.untimed("whole")
        predict(*batch, "--max-frames", str(limit), "--out", "cut")
        log = tmp_path / "cut" / "predictions.jsonl"
        for kept in (2, 4):
            log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:kept]))
            predict(*batch, "--max-frames", str(limit), "--out", "cut")
            assert logs.untimed("cut") == whole


def test_a_kill_before_the_files_are_made_does_no_frame_again(predict, batch, tmp_path, monkeypatch):
    from shipedge import exports
    from shipedge.cascade import Cascade

    def killed(log, files):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(exports, "export", killed)
        assert predict(*batch, "--csv", "s.csv").exit_code == 130
    monkeypatch.setattr(Cascade, "__call__", lambda self, frame: pytest.fail("a frame is done again"))
    assert predict(*batch, "--csv", "s.csv").exit_code == 1
    assert (tmp_path / "s.csv").read_text().count("\n") == 37


def test_a_region_of_a_sources_file_belongs_to_the_batch(predict, batch, tmp_path):
    (tmp_path / "s.toml").write_text('[a]\nurl = "in/v.mp4"\nroi = "roi.json"\n')
    (tmp_path / "roi.json").write_text("[[[0, 0], [128, 0], [128, 96], [0, 96]]]")
    assert predict("--sources", "s.toml").exit_code == 0
    log = tmp_path / "predictions" / "predictions.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:4]))
    (tmp_path / "roi.json").write_text("[[[0, 0], [64, 0], [64, 96], [0, 96]]]")
    assert "files that have changed since" in predict("--sources", "s.toml").stderr


def test_no_file_of_others_is_lost(predict, image, tmp_path):
    image(tmp_path / "in" / "crops" / "a-1.png", 64, 64, (10, 10, 30, 30))
    assert "holds inputs, expected another --out" in predict("in/crops", "--out", "in", "--crops").stderr
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "failed.txt").write_text("precious")
    (tmp_path / "mine" / "downlink.jsonl").write_text("precious")
    assert "is of no run" in predict("in/crops", "--out", "mine").stderr
    (tmp_path / "mine" / "failed.txt").unlink()
    assert "exists and is no JSON" in predict("in/crops", "--out", "mine", "--budget", "1kB/h").stderr
    assert "are the same file" in predict("in/crops", "--csv", "predictions/failed.txt").stderr
    assert (tmp_path / "mine" / "downlink.jsonl").read_text() == "precious"
