"""What OpenCV's FFmpeg reads over HTTP: HLS, video files, and playlists that mean no good."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

import cv2
import numpy as np
import pytest
from watching import Watched

from shipedge.sources import Limits
from shipedge.sources.stream import Patience

PATIENCE = Patience(open_s=20, read_s=3, frozen_s=60, first_wait_s=0.05, most_wait_s=0.3)
SEGMENT_S = 1.0


@contextmanager
def web(answer):
    """Serves `answer(path)`: (content type, bytes), or None for 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            found = answer(self.path)
            self.send_response(200 if found else 404)
            kind, content = found or ("text/plain", b"")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    paths: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", paths
    finally:
        server.shutdown()
        server.server_close()


def video(path, first, count=25, fourcc="MPEG"):
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*fourcc), 25, (64, 48))
    assert writer.isOpened()
    for k in range(first, first + count):
        frame = np.zeros((48, 64, 3), np.uint8)
        frame[:, : k % 60 + 4] = 255
        writer.write(frame)
    writer.release()
    return path.read_bytes()


@pytest.fixture(scope="module")
def segments(tmp_path_factory):
    folder = tmp_path_factory.mktemp("segments")
    return [video(folder / f"{k}.ts", 25 * k) for k in range(2)]


def playlist(first, count, ended=False):
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    for k in range(first, first + count):
        lines += ["#EXT-X-DISCONTINUITY", f"#EXTINF:{SEGMENT_S},", f"{k}.ts"]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if ended else []), ""]).encode()


def frames(count):
    return lambda watched: len(watched.frames) >= count


def test_hls_comes_at_its_own_pace(segments):
    start = monotonic()

    def answer(path):
        if "live.m3u8" in path:
            return "application/vnd.apple.mpegurl", playlist(int((monotonic() - start) / SEGMENT_S), 4)
        return "video/mp2t", segments[int(path.strip("/").partition(".")[0]) % 2]

    with web(answer) as (url, paths):
        watched = Watched([f"{url}/live.m3u8?token=s3cret"], frames(40), patience=PATIENCE)
    assert watched.frames[0].source == f"{url}/live.m3u8?token=..."
    assert any("s3cret" in path for path in paths)
    took = watched.frames[-1].captured.clock - watched.frames[0].captured.clock
    assert took > 0.7  # at the pace of HLS, 40 frames would take a hundredth of a second
    assert watched.gaps == []


@pytest.mark.parametrize("secret", ["file:///etc/passwd", "file:{folder}/secret.ts", "{folder}/secret.ts", "concat:{folder}/secret.ts"])  # fmt: skip  # noqa: E501
@pytest.mark.parametrize("kind", ["segment", "playlist", "key"])
def test_a_playlist_does_not_lead_to_files_of_this_machine(tmp_path, segments, secret, kind, monkeypatch):
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "protocol_whitelist;file,http,tcp,concat")
    (tmp_path / "secret.ts").write_bytes(segments[0])
    secret = secret.format(folder=tmp_path)
    lines = {
        "segment": f"#EXTINF:1,\n{secret}",
        "playlist": f"#EXT-X-STREAM-INF:BANDWIDTH=1\n{secret}",
        "key": f'#EXT-X-KEY:METHOD=AES-128,URI="{secret}"\n#EXTINF:1,\n0.ts',
    }
    hostile = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{lines[kind]}\n#EXT-X-ENDLIST\n".encode()

    def answer(path):
        return ("application/vnd.apple.mpegurl", hostile) if path == "/live.m3u8" else None

    with web(answer) as (url, paths):
        limits = Limits(duration_s=4)
        watched = Watched([f"{url}/live.m3u8"], lambda watched: watched.items, limits, patience=PATIENCE)
    assert "/live.m3u8" in paths
    assert watched.frames == []
    assert "passwd" not in str(watched.items)
    assert str(tmp_path) not in str(watched.items)


def test_a_video_file_at_an_address_is_read_to_its_end(tmp_path):
    content = video(tmp_path / "a.mp4", 0, 40, "mp4v")
    with web(lambda path: ("video/mp4", content)) as (url, _):
        watched = Watched([f"{url}/a.mp4?sig=s3cret"], lambda watched: False, Limits(every=2), patience=PATIENCE)
    assert [frame.time_s for frame in watched.frames] == pytest.approx([k / 25 for k in range(0, 40, 2)])
    assert watched.ends[0].error is None


def test_a_video_file_that_breaks_off_is_told(tmp_path):
    content = video(tmp_path / "a.avi", 0, 100, "MJPG")
    with web(lambda path: ("video/avi", content[: len(content) * 2 // 3])) as (url, _):
        watched = Watched([f"{url}/a.avi?sig=s3cret"], lambda watched: False, patience=PATIENCE)
    assert "breaks off" in str(watched.ends[0].error) or "damaged" in str(watched.ends[0].error)
    assert 30 < len(watched.frames) < 80


def test_what_is_no_video(tmp_path):
    with web(lambda path: ("application/octet-stream", b"nothing" * 100)) as (url, _):
        watched = Watched([f"{url}/x?key=s3cret"], lambda watched: False, patience=PATIENCE)
    assert str(watched.ends[0].error) == f"{url}/x?key=...: what is sent there is no video"


def test_a_protocol_that_this_opencv_does_not_have():
    watched = Watched(["srt://127.0.0.1:9/?passphrase=s3cret"], lambda watched: watched.items, patience=PATIENCE)
    assert "s3cret" not in str(watched.items)
    if watched.ends:
        assert "does not speak this protocol" in str(watched.ends[0].error)


@pytest.mark.parametrize("address", ["tcp://me:s3cret@127.0.0.1:9/", "rtsp://me:s3cret@127.0.0.1:9/x?key=s3cret"])
def test_nobody_there_is_tried_again(address):
    watched = Watched([address], lambda watched: watched.items, patience=PATIENCE)
    assert "s3cret" not in str(watched.items)
    assert watched.items[0].reason == "cannot be reached (Connection to ... failed: Connection refused)"


def test_gstreamer():
    if cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        pytest.skip("this OpenCV has GStreamer")
    watched = Watched(["gst:videotestsrc ! appsink"], lambda watched: False, patience=PATIENCE)
    assert str(watched.ends[0].error).startswith("gst:videotestsrc!appsink: this OpenCV is built without GStreamer")
