import os
import struct
import sys

import numpy as np
import pytest

from shipedge.errors import SourceError
from shipedge.sources import Source, resolve

cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")

from shipedge.sources.camera import read_camera  # noqa: E402
from shipedge.sources.files import decode_picture, read_picture  # noqa: E402
from shipedge.sources.video import read_video, video_info  # noqa: E402

not_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")


def encode(pixels, suffix=".png"):
    return cv2.imencode(suffix, pixels)[1].tobytes()


def names(specs):
    return [source.name for source in resolve(specs)]


# --- what the user typed


def test_folder_gives_its_pictures_sorted(tmp_path):
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
        ("picture", str(tmp_path / "a.jpg")),
        ("picture", str(tmp_path / "one/b.jpg")),
        ("video", str(tmp_path / "one/c.mp4")),
    ]


def test_file_of_unknown_suffix_is_taken_for_a_picture(tmp_path):
    (tmp_path / "scan").touch()
    assert resolve([str(tmp_path / "scan")]) == [Source("picture", str(tmp_path / "scan"))]


def test_name_with_magic_characters_is_the_file_itself(tmp_path):
    (tmp_path / "a[1].jpg").touch()
    assert names([str(tmp_path / "a[1].jpg")]) == [str(tmp_path / "a[1].jpg")]


def test_number_is_a_camera_but_a_path_is_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "0").touch()
    assert resolve(["0", "./0"]) == [Source("camera", "camera 0"), Source("picture", "./0")]


@pytest.mark.parametrize("spec", ["rtsp://admin:s3cret@10.0.0.1/live", "HTTP://user.name:pa%40ss@host/x.mjpg"])
def test_stream_is_refused_without_telling_its_password(spec):
    with pytest.raises(SourceError, match=r"streams \((rtsp|http)://\) cannot be read yet") as caught:
        resolve([spec])
    assert "s3cret" not in str(caught.value)
    assert "ss" not in str(caught.value).replace("pass", "")


def test_nothing_there(tmp_path):
    with pytest.raises(SourceError, match="no such file or folder"):
        resolve([str(tmp_path / "none.jpg")])
    with pytest.raises(SourceError, match="no pictures in this folder"):
        resolve([str(tmp_path)])
    with pytest.raises(SourceError, match="matches no picture"):
        resolve([str(tmp_path / "*.jpg")])
    with pytest.raises(SourceError, match=r"'a\\x00b': no such file"):
        resolve(["a\0b"])


@not_root
def test_folder_without_permission(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    with pytest.raises(SourceError, match="Permission denied"):
        resolve([str(folder)])


# --- pictures


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif", ".webp"])
def test_colours_are_rgb(tmp_path, suffix):
    path = tmp_path / f"red{suffix}"
    path.write_bytes(encode(np.full((40, 30, 3), (0, 0, 250), np.uint8), suffix))
    frame = read_picture(str(path))
    assert frame.pixels.shape == (40, 30, 3)
    assert frame.pixels.dtype == np.uint8
    assert np.abs(frame.pixels.astype(int) - (250, 0, 0)).max() <= 4
    assert (frame.source, frame.index, frame.time_s) == (str(path), 0, None)
    assert frame.decode_ms > 0


def test_grey_rgba_and_16_bit_become_rgb():
    grey = decode_picture(encode(np.full((5, 6), 99, np.uint8)), "grey")
    assert (grey == 99).all()
    assert grey.shape == (5, 6, 3)
    rgba = decode_picture(encode(np.full((5, 6, 4), (10, 20, 30, 0), np.uint8)), "rgba")
    assert (rgba == (30, 20, 10)).all()
    deep = decode_picture(encode(np.full((5, 6, 3), 0x7FFF, np.uint16)), "deep")
    assert deep.dtype == np.uint8
    assert np.abs(deep.astype(int) - 127).max() <= 1


def test_pixels_whose_brightness_would_be_a_guess():
    with pytest.raises(SourceError, match="only values up to 4095 are used"):
        decode_picture(encode(np.full((5, 6, 3), 4095, np.uint16)), "sensor")
    with pytest.raises(SourceError, match="pixels are float32, expected 8 or 16 bits"):
        decode_picture(encode(np.full((5, 6, 3), 0.5, np.float32), ".tiff"), "float")
    assert decode_picture(encode(np.zeros((5, 6), np.uint16)), "black").max() == 0


def test_one_pixel():
    assert decode_picture(encode(np.zeros((1, 1, 3), np.uint8)), "dot").shape == (1, 1, 3)


def test_exif_rotation_is_applied():
    jpeg = encode(np.zeros((20, 50, 3), np.uint8), ".jpg")
    # EXIF with one entry: tag 0x112 (orientation), type short, count 1, value 6 = turn by 90 degrees to the right.
    entry = struct.pack(">HHIHH", 0x112, 3, 1, 6, 0)
    tiff = b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    segment = b"Exif\0\0" + tiff
    turned = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]
    assert decode_picture(jpeg, "plain").shape == (20, 50, 3)
    assert decode_picture(turned, "turned").shape == (50, 20, 3)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("keep", [0.3, 0.7, 0.99])
def test_cut_off_picture_is_found(suffix, keep):
    content = encode(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8), suffix)
    with pytest.raises(SourceError, match="cut off"):
        decode_picture(content[: int(len(content) * keep)], "half")


def test_jpeg_with_bytes_after_its_end_is_whole():
    content = encode(np.zeros((8, 8, 3), np.uint8), ".jpg") + b"\0\0camera notes"
    assert decode_picture(content, "x").shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "empty"), (b"just text", "not a picture"), (b"\xff\xd8", "not a picture")]
)
def test_no_picture_at_all(content, message):
    with pytest.raises(SourceError, match=message):
        decode_picture(content, "x.jpg")


def test_picture_over_the_limit_of_opencv():
    header = b"P5\n40000 40000\n255\n"  # 1.6e9 pixels promised, none there
    with pytest.raises(SourceError, match=r"x\.pgm: ") as caught:
        decode_picture(header, "x.pgm")
    assert "\n" not in str(caught.value)


def test_unreadable_file(tmp_path):
    with pytest.raises(SourceError, match="cannot be read: Is a directory"):
        read_picture(str(tmp_path))


def test_name_with_spaces_and_umlauts(picture, tmp_path):
    path = picture(tmp_path / "Größe 1" / "Hafen früh.png", 8, 9)
    assert read_picture(str(path)).pixels.shape == (8, 9, 3)


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
    path.write_bytes(b"no video" * 100)
    with pytest.raises(SourceError, match="not a video, or damaged"):
        list(read_video(str(path)))


def test_truncated_video(video, tmp_path):
    path = video(tmp_path / "x.mp4", frames=50, size=(160, 160))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])  # the index at its end is gone: nothing can be read
    with pytest.raises(SourceError, match=r"x\.mp4: "):
        list(read_video(str(path)))


def test_video_that_breaks_off_gives_its_frames_first(video, tmp_path, monkeypatch):
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
    frames = read_video(path)
    assert [next(frames).index for _ in range(10)] == list(range(10))
    with pytest.raises(SourceError, match="breaks off after 10 of 50 frames"):
        next(frames)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a number that high may ask for permission")
def test_no_such_camera():
    with pytest.raises(SourceError, match="no camera 97 on this machine"):
        next(read_camera("camera 97"))


def test_camera_counts_time_from_its_first_frame(monkeypatch):
    class Capture:
        def __init__(self, number):
            self.left = 3

        def isOpened(self):  # noqa: N802
            return True

        def read(self):
            self.left -= 1
            return self.left >= 0, np.full((4, 4, 3), (1, 2, 3), np.uint8)

        def release(self):
            pass

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    frames = read_camera("camera 0")
    first, second, _ = (next(frames) for _ in range(3))
    assert (first.source, first.index, first.time_s) == ("camera 0", 0, 0.0)
    assert second.index == 1
    assert second.time_s >= 0
    assert (first.pixels == (3, 2, 1)).all()
    with pytest.raises(SourceError, match="stopped giving frames after 3"):
        next(frames)
