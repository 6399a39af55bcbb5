"""Annotated copies of videos: every row, every frame, as fast as the source, and whole or not at all."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from shipedge.errors import SourceError
from shipedge.events import Result
from shipedge.frame import Frame
from shipedge.sources import Source

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.sinks.annotate import Annotated  # noqa: E402
from shipedge.sources.video import read_video  # noqa: E402


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def result(source, index=0, shape=(60, 80)):
    return Result(source, index, None, list(shape), 0.91, [], {})


def frame(source, shape=(60, 80), value=40, index=0, time_s=None):
    return Frame(np.full((*shape, 3), value, np.uint8), source, index, time_s)


def played(path):
    """(frames, frames per second) of a video; every frame is decoded."""
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (read := capture.read())[0]:
        frames.append(read[1])
    fps = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return frames, fps


def annotate(folder, times, shape=(60, 80), name="v.mov", value=40):
    with Annotated(folder, [Source("video", name)]) as sink:
        for k, time_s in enumerate(times):
            sink.write(frame(name, shape, value, k, time_s), result(name, k, shape))


@pytest.mark.parametrize("shape", [(60, 80), (61, 81), (479, 641), (1, 1), (3, 200)])
def test_annotated_video_keeps_every_row_and_column(tmp_path, shape):
    annotate(tmp_path, [0.0, 0.1, 0.2], shape, value=200)
    assert names(tmp_path) == ["v.mp4"]
    frames, fps = played(tmp_path / "v.mp4")
    assert (len(frames), round(fps, 3)) == (3, 10)
    assert frames[0].shape == (shape[0] + shape[0] % 2, shape[1] + shape[1] % 2, 3)
    if min(shape) > 60:
        assert frames[2][shape[0] - 1].mean() > 150
        assert frames[2][:, shape[1] - 1].mean() > 150


@pytest.mark.parametrize(
    ("times", "fps"),
    [
        ([0.0, 0.125, 0.25], 8),
        ([*(k / 30 for k in range(20)), *(k / 5 for k in range(4, 24))], 39 / 4.6),
        ([0.0, 60.0, 120.0, 180.0], 1 / 60),
        ([k / 1000 for k in range(9)], 1000),
        ([None] * 4, 25),
        ([0.0], 25),
        ([0.0, 0.0], 25),
    ],
)
def test_annotated_video_plays_as_fast_as_its_source(tmp_path, times, fps):
    annotate(tmp_path, times)
    frames, played_fps = played(tmp_path / "v.mp4")
    assert len(frames) == len(times)
    assert played_fps == pytest.approx(fps, rel=0.05)
    assert [round(shown.time_s * fps) for shown in read_video(str(tmp_path / "v.mp4"))] == list(range(len(times)))


def test_two_videos_one_after_the_other(tmp_path):
    sources = [Source("video", "a.mov"), Source("video", "b.mov")]
    with Annotated(tmp_path, sources) as sink:
        for source in sources:
            for k in range(2):
                sink.write(frame(source.name, time_s=k / 4), result(source.name, k))
    assert [len(played(tmp_path / name)[0]) for name in ("a.mp4", "b.mp4")] == [2, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit of the size of files")
def test_full_disk_leaves_the_earlier_video_alone(tmp_path):
    (tmp_path / "v.mp4").write_bytes(b"the earlier one")
    program = """if True:
        import resource, sys
        from pathlib import Path
        import numpy as np
        from shipedge.errors import SourceError
        from shipedge.events import Result
        from shipedge.frame import Frame
        from shipedge.sinks.annotate import Annotated
        from shipedge.sources import Source
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        noise = np.random.default_rng(0)
        name = "v.mov"
        try:
            with Annotated(Path(sys.argv[1]), [Source("video", name)]) as sink:
                for k in range(30):
                    frame = Frame(noise.integers(0, 256, (240, 320, 3), np.uint8), name, k, k / 10)
                    sink.write(frame, Result(name, k, k / 10, [240, 320], 0.0, [], {}))
        except SourceError as error:
            print(error)
    """
    quiet = {"OPENCV_FFMPEG_LOGLEVEL": "-8", "OPENCV_LOG_LEVEL": "SILENT"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], env={**os.environ, **quiet}, capture_output=True, text=True
    )
    sentence = f"{tmp_path / 'v.mp4'}: the annotated video could not be written whole; is the disk full?"
    assert (done.stdout.strip(), done.stderr) == (sentence, "")
    assert names(tmp_path) == ["v.mp4"]
    assert (tmp_path / "v.mp4").read_bytes() == b"the earlier one"


def test_next_video_keeps_its_frames_when_the_last_one_failed(tmp_path, monkeypatch):
    sources = [Source("video", "a.mov"), Source("video", "b.mov")]
    with Annotated(tmp_path, sources) as sink:
        sink.write(frame("a.mov"), result("a.mov"))
        for path in tmp_path.iterdir():
            shutil.rmtree(path)  # somebody tidies up
        with pytest.raises(SourceError, match=r"a\.mp4: the annotated video could not be written whole"):
            sink.end(sources[0])
        for k in range(2):
            sink.write(frame("b.mov"), result("b.mov", k))
        sink.end(sources[1])
    assert names(tmp_path) == ["b.mp4"]
    assert len(played(tmp_path / "b.mp4")[0]) == 2


def test_video_of_changing_size_is_refused(tmp_path):
    with Annotated(tmp_path, [Source("camera", "camera 0")]) as sink:
        sink.write(frame("camera 0"), result("camera 0"))
        with pytest.raises(SourceError, match="change their size"):
            sink.write(frame("camera 0", (30, 30)), result("camera 0", shape=(30, 30)))
    assert names(tmp_path) == ["camera0.mp4"]


def test_half_written_video_is_dropped(tmp_path):
    with pytest.raises(OSError, match="full"), Annotated(tmp_path, [Source("camera", "camera 0")]) as sink:  # noqa: PT012
        sink.write(frame("camera 0"), result("camera 0"))
        raise OSError("full")
    assert names(tmp_path) == []
