"""Variables that OpenCV cannot parse, over which it would end the process."""

import os
import subprocess
import sys

import pytest

from shipedge.cli.opencv_environment import drop_malformed

pytest.importorskip("cv2")

MALFORMED = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": "x",
    "OPENCV_IO_MAX_IMAGE_WIDTH": "",
    "OPENCV_IO_MAX_IMAGE_HEIGHT": "-1",
    "OPENCV_IO_MAX_IMAGE_PARAMS": "1e9",
    "OPENCV_IMGCODECS_WEBP_MAX_FILE_SIZE": "9" * 40,
    "OPENCV_FFMPEG_READ_ATTEMPTS": "many",
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN": "1 2",
    "OPENCV_TRACE": "5",
    "OPENCV_VIDEOIO_DEBUG": "yes",
    "OPENCV_DUMP_ERRORS": "on",
}
WELL_FORMED = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": "1048576",
    "OPENCV_IMGCODECS_WEBP_MAX_FILE_SIZE": "64MB",
    "OPENCV_VIDEOIO_DEBUG": "true",
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;udp",
    "OPENCV_LOG_LEVEL": "ERROR",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_variables_end_no_process(tmp_path, name):
    environment = {**os.environ, name: MALFORMED[name]}
    command = [sys.executable, "-m", "shipedge", "predict", str(tmp_path / "a.jpg")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    note, error = done.stderr.splitlines()
    assert note.startswith(f"Note: {name} is {MALFORMED[name][:40]!r}, expected ")
    assert (done.returncode, error) == (1, f"Error: {tmp_path / 'a.jpg'}: no such file or folder")


def test_what_opencv_understands_stays(monkeypatch):
    for name, value in WELL_FORMED.items():
        monkeypatch.setenv(name, value)
    assert drop_malformed() == []
    done = subprocess.run([sys.executable, "-c", "import cv2"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert {name: os.environ[name] for name in WELL_FORMED} == WELL_FORMED
