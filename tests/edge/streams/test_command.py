"""`shipedge predict` on streams, with the toy models."""

import json
import signal
import subprocess
import sys
import threading

import pytest

pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")

from servers import Camera, jpeg

PREDICT = [sys.executable, "-m", "shipedge", "predict"]


@pytest.fixture
def camera():
    with Camera() as camera:
        camera.acts = (camera.film(),)
        yield camera


def start(toy_bundle_dir, tmp_path, *arguments, **options):
    command = [*PREDICT, "--bundle", str(toy_bundle_dir), "--out", str(tmp_path / "out"), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def events(tmp_path):
    return [json.loads(line) for line in (tmp_path / "out/predictions.jsonl").read_text().splitlines()]


def test_frames_of_a_stream_become_results_and_nobody_learns_the_password(toy_bundle_dir, tmp_path, camera):
    (tmp_path / "cameras.toml").write_text(
        f'[harbor]\nurl = "{camera.url("/film?token=s3cret")}"\nuser = "me"\npassword = "s3cret"\n'
        f'[tower]\nurl = "{camera.url("/film?token=s3cret")}"\nfps = 20\n'
    )
    process = start(
        toy_bundle_dir, tmp_path, "--sources", str(tmp_path / "cameras.toml"), "--max-frames", "6", "--json"
    )
    out, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    frames = [event for event in events(tmp_path) if "index" in event]
    assert len(frames) == 6
    assert {frame["source"] for frame in frames} == {"harbor", "tower"}
    written = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert "s3cret" not in written + out.decode() + error.decode() + str(list((tmp_path / "out").rglob("*")))


def test_a_camera_that_dies_is_a_gap_in_the_log_and_no_frame_lies_in_it(toy_bundle_dir, tmp_path, camera):
    camera.acts = (camera.film(1, 20), camera.film(100))
    process = start(toy_bundle_dir, tmp_path, camera.url(), "--max-frames", "30")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    found = [event for event in events(tmp_path) if event["event"] in ("frame", "gap")]
    begun, ended = (event for event in found if event["event"] == "gap")
    assert (begun["end"], begun["reason"], ended["start"]) == (None, "the server ended the stream", begun["start"])
    at = found.index(begun)
    assert found[at + 1] == ended
    assert found[at - 1]["captured"] == begun["start"]
    assert found[at + 2]["captured"] == ended["end"]
    assert all(frame["age_ms"] >= 0 and frame["dropped"] >= 0 for frame in found if frame["event"] == "frame")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_while_all_sources_hang(toy_bundle_dir, tmp_path, camera, number):
    hanging = threading.Event()

    def hang(send, request):
        hanging.set()
        camera.stopped.wait(60)

    camera.acts = (hang,)
    process = start(toy_bundle_dir, tmp_path, camera.url(), camera.url("/live.m3u8"), "-", stdin=subprocess.PIPE)
    assert hanging.wait(30)
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    process.stdin.close()
    process.stdout.close()
    process.stderr.close()


def test_images_on_standard_input(toy_bundle_dir, tmp_path):
    process = start(toy_bundle_dir, tmp_path, "-", "--every", "2", stdin=subprocess.PIPE)
    _, error = process.communicate(b"".join(jpeg(k) for k in range(1, 6)), timeout=60)
    assert process.returncode == 0, error
    assert [event["index"] for event in events(tmp_path) if "index" in event] == [0, 1, 2]


def test_no_source_at_all(toy_bundle_dir, tmp_path):
    process = start(toy_bundle_dir, tmp_path)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 2
    assert error.startswith(b"Usage: ")
    assert error.endswith(b"\nError: no source is given, expected SOURCE or --sources FILE\n")
