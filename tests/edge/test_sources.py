import os
import socket
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge.errors import SourceError
from shipedge.sources import Source, resolve
from shipedge.sources.address import parse_address, without_secrets

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.sources.video import read_video, video_info  # noqa: E402

not_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")


def names(specs):
    return [source.name for source in resolve(specs)]


# --- what the user typed


def test_folder_gives_its_images_sorted(tmp_path):
    for name in ("b.jpg", "A.PNG", "c.tif", "notes.txt", "._b.jpg", "clip.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "deeper.jpg").mkdir()
    assert names([str(tmp_path)]) == [str(tmp_path / name) for name in ("A.PNG", "b.jpg", "c.tif")]


def test_glob_goes_deeper_and_takes_videos(tmp_path):
    (tmp_path / "one").mkdir()
    for name in ("one/b.jpg", "a.jpg", "one/c.mp4", "one/readme.txt"):
        (tmp_path / name).touch()
    found = resolve([str(tmp_path / "**" / "*")])
    assert [(s.kind, s.name) for s in found] == [
        ("image", str(tmp_path / "a.jpg")),
        ("image", str(tmp_path / "one/b.jpg")),
        ("video", str(tmp_path / "one/c.mp4")),
    ]


def test_file_of_unknown_suffix_is_taken_for_a_image(tmp_path):
    (tmp_path / "scan").touch()
    assert resolve([str(tmp_path / "scan")]) == [Source("image", str(tmp_path / "scan"))]


def test_name_with_magic_characters_is_the_file_itself(tmp_path):
    (tmp_path / "a[1].jpg").touch()
    assert names([str(tmp_path / "a[1].jpg")]) == [str(tmp_path / "a[1].jpg")]


def test_number_is_a_camera_but_a_path_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "0").touch()
    assert resolve(["0", "./0"]) == [Source("camera", "camera 0", "0"), Source("image", "./0")]


@pytest.mark.parametrize(
    ("spec", "kind", "name"),
    [
        ("rtsp://admin:s3cret@10.0.0.1/live", "stream", "rtsp://10.0.0.1/live"),
        (
            "HTTP://user.name:pa%40s3cret@Host:81/x.mjpg?token=s3cret&s3cret",
            "stream",
            "http://host:81/x.mjpg?token=...&...",
        ),
        ("https://host/a.mp4?sig=s3cret#s3cret", "remote", "https://host/a.mp4?sig=..."),
        ("gst:rtspsrc location=rtsp://u:s3cret@h ! decodebin ! appsink", "stream", "gst:rtspsrc!decodebin!appsink"),
    ],
)
def test_name_of_a_stream_tells_no_password(spec, kind, name):
    (source,) = resolve([spec])
    assert (source.kind, source.name) == (kind, name)
    assert "s3cret" not in repr(source) + source.stem
    assert "s3cret" in source.address


@pytest.mark.parametrize(
    "spec",
    [
        "rtsp://admin:s3/cret@10.0.0.1/live",
        "rtsp://a:s3#cret@h/",
        "rtsp://s3cret:x/",
        "ftp://s3cret@h/",
        "rtsp:///s3cret",
    ],
)
def test_address_that_cannot_be_taken_apart_is_refused_without_telling_it(spec):
    with pytest.raises(SourceError, match=r"^(rtsp|ftp)://") as caught:
        resolve([spec])
    assert "s3" not in str(caught.value)


@given(st.text(min_size=5), st.text(min_size=5), st.text("abc/?#@:&=% é", min_size=5))
def test_no_part_of_a_password_is_shown(user, password, token):
    user, password, token = f"{user}Us3r", f"P4ss{password}", f"T0k{token}"
    quoted = [quote(text.encode("utf-8", "replace"), safe="") for text in (user, password, token)]
    address = parse_address("rtsp://{}:{}@cam.example:8554/live?a={}&b".format(*quoted))
    assert address.name == "rtsp://cam.example:8554/live?a=...&..."
    assert parse_address(address.url) == address
    said = f"[rtsp @ 0x1] method DESCRIBE of {address.url} failed: {quoted[1]} {quoted[2]} {address.password}"
    assert not [part for part in ("Us3r", "P4ss", "T0k") if part in without_secrets(said, address.url)]


def test_variables_of_the_environment_in_addresses(monkeypatch):
    monkeypatch.setenv("CAM_PASSWORD", "s3cret")
    (source,) = resolve(["rtsp://me:${CAM_PASSWORD}@cam/1"])
    assert (source.name, source.address) == ("rtsp://cam/1", "rtsp://me:s3cret@cam/1")
    with pytest.raises(SourceError, match="environment variable NOBODY is not set"):
        resolve(["rtsp://me:${NOBODY}@cam/1"])


def test_streams_that_differ_only_in_what_is_not_shown_are_numbered():
    names = [source.name for source in resolve(["http://h/?key=1", "http://h/?key=2", "0", "0"])]
    assert names == ["http://h/?key=...", "http://h/?key=... (2)", "camera 0", "camera 0 (2)"]


def test_nothing_there(tmp_path):
    with pytest.raises(SourceError, match="no such file or folder"):
        resolve([str(tmp_path / "none.jpg")])
    with pytest.raises(SourceError, match="no images in this folder"):
        resolve([str(tmp_path)])
    with pytest.raises(SourceError, match="matches no image"):
        resolve([str(tmp_path / "*.jpg")])
    with pytest.raises(SourceError, match=r"'a\\x00b': no such file"):
        resolve(["a\0b"])


def test_folder_says_what_it_leaves_out(tmp_path):
    for name in ("a.jpg", "b.txt", "c.mp4", "d.h264", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    notes = []
    assert len(resolve([str(tmp_path), str(tmp_path / "a.jpg")], notes)) == 1
    assert notes.pop() == "1 file is given twice and read once"
    rest = "2 videos, 1 other file and 1 folder left out; name them, or give a glob, to read them"
    assert notes == [f"{tmp_path}: {rest}"]
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(SourceError, match=r"no images .*, only 2 videos, 1 other file and 1 folder: name them"):
        resolve([str(tmp_path)])


def test_glob_says_what_it_leaves_out(tmp_path):
    for name in ("a.jpg", "b.txt", "c.mp4", ".hidden.jpg"):
        (tmp_path / name).touch()
    notes = []
    assert len(resolve([str(tmp_path / "*")], notes)) == 2
    assert notes == [f"{tmp_path / '*'}: 1 other file left out"]


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [(".h264", "video"), (".MJPG", "video"), (".gif", "video"), (".ogv", "video"), (".x", "image")],
)
def test_suffixes_of_videos(tmp_path, suffix, kind):
    (tmp_path / f"a{suffix}").touch()
    assert resolve([str(tmp_path / f"a{suffix}")])[0].kind == kind


def test_links_in_a_circle_are_not_followed(tmp_path):
    (tmp_path / "a.jpg").touch()
    for name in ("one", "two", "three"):
        (tmp_path / name).symlink_to(tmp_path)
    (tmp_path / "self.jpg").symlink_to(tmp_path / "self.jpg")
    assert names([str(tmp_path / "**" / "*.jpg")]) == [str(tmp_path / "a.jpg")]
    with pytest.raises(SourceError, match=r"self\.jpg"):
        resolve([str(tmp_path / "self.jpg")])


def test_patterns_below_and_beside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b" / ".git").mkdir(parents=True)
    for name in ("a.jpg", "b/c.jpg", "b/.git/d.jpg"):
        (tmp_path / name).touch()
    assert names(["*.jpg"]) == ["a.jpg"]
    assert names(["**"]) == ["a.jpg", os.path.join("b", "c.jpg")]  # noqa: PTH118
    assert names(["b/.*/*.jpg"]) == [os.path.join("b", ".git", "d.jpg")]  # noqa: PTH118
    with pytest.raises(SourceError, match=r"\*\*"):
        resolve(["**x/*.jpg"])


# --- what has no end


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes in the file system")
@pytest.mark.parametrize("name", ["a.jpg", "a.mp4"])
def test_pipe_is_refused_and_never_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(SourceError, match=r"is a pipe, expected a file: save what comes from it"):
        resolve([str(tmp_path / name)])
    with pytest.raises(SourceError, match="no images in this folder"):
        resolve([str(tmp_path)])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes in the file system")
def test_pipe_in_the_place_of_a_video(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(SourceError, match="is a pipe"):
        list(read_video(str(tmp_path / "a.mp4")))


def test_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.jpg")
        with pytest.raises(SourceError, match="is a socket"):
            resolve(["s.jpg"])


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs device files")  # noqa: PTH110
@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null"])
def test_device_is_refused(name, tmp_path):
    (tmp_path / "link.png").symlink_to(name)
    for spec in (name, str(tmp_path / "link.png")):
        with pytest.raises(SourceError, match="is a device, expected a file"):
            resolve([spec])


def test_camera_by_its_device():
    assert resolve(["/dev/video2"]) == [Source("camera", "camera 2", "2")]


@not_root
def test_folder_without_permission(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    with pytest.raises(SourceError, match="Permission denied"):
        resolve([str(folder)])


# --- videos and cameras


def test_video_frames_have_their_time(video, tmp_path):
    path = str(video(tmp_path / "Fähre 1.mp4", frames=7, size=(96, 128), fps=10))
    assert video_info(path) == (10.0, 7)
    frames = list(read_video(path))
    assert [frame.index for frame in frames] == list(range(7))
    assert [frame.time_s for frame in frames] == pytest.approx([k / 10 for k in range(7)])
    assert frames[0].pixels.shape == (96, 128, 3)
    assert frames[6].pixels[48, 30].min() > 200  # the ship at 24..56
    assert frames[6].pixels[48, 100].max() < 80
    assert not np.shares_memory(frames[0].pixels, frames[1].pixels)


def test_video_named_like_an_address(video, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    video(tmp_path / "12:30 %03d.mp4", frames=2)
    assert len(list(read_video("12:30 %03d.mp4"))) == 2


def test_video_that_is_none(tmp_path):
    path = tmp_path / "x.mp4"
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        list(read_video(str(path)))
    path.touch()
    with pytest.raises(SourceError, match="is empty"):
        list(read_video(str(path)))
    path.write_bytes(bytes(range(256)))
    with pytest.raises(SourceError, match="not a video, or damaged"):
        list(read_video(str(path)))


def test_truncated_video(video, tmp_path):
    path = video(tmp_path / "x.mp4", frames=50, size=(160, 160))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])  # the index at its end is gone: nothing can be read
    with pytest.raises(SourceError, match=r"x\.mp4: "):
        list(read_video(str(path)))


def test_video_whose_index_promises_more(video, tmp_path, monkeypatch):
    path = str(video(tmp_path / "x.mp4", frames=10))
    open_video = cv2.VideoCapture

    class PromisesMore:
        def __init__(self, *args):
            self.capture = open_video(*args)

        def get(self, prop):
            return 50.0 if prop == cv2.CAP_PROP_FRAME_COUNT else self.capture.get(prop)

        def __getattr__(self, name):
            return getattr(self.capture, name)

    monkeypatch.setattr(cv2, "VideoCapture", PromisesMore)
    monkeypatch.setattr("shipedge.sources.video.edited_seconds", lambda name: 5.0)
    frames = read_video(path)
    assert [next(frames).index for _ in range(10)] == list(range(10))
    with pytest.raises(SourceError, match=r"breaks off after 10 frames, 1\.0 of 5\.0 s"):
        next(frames)
