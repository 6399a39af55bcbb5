"""What the container of a video tells: where it ends, how many videos it holds. No frame is decoded."""

from __future__ import annotations

import os
from pathlib import Path

from shipedge.sources.containers.matroska import matroska_breaks_off, matroska_videos
from shipedge.sources.containers.mp4 import BOXES, boxes, edited_seconds, is_mirrored, mp4_breaks_off, mp4_videos
from shipedge.sources.containers.mpeg import program_breaks_off, transport_breaks_off, transport_videos
from shipedge.sources.containers.others import (
    ASF,
    FLV,
    asf_breaks_off,
    avi_breaks_off,
    flv_breaks_off,
    flv_videos,
    gif_breaks_off,
    ogg_breaks_off,
    y4m_breaks_off,
)

__all__ = [
    "boxes",
    "breaks_off",
    "edited_seconds",
    "has_times",
    "is_mirrored",
    "is_text",
    "lists_frames",
    "video_streams",
]

HEAD = 4096
_TEXT = frozenset(range(32, 127)) | set(b"\t\r\n\xef\xbb\xbf")
MATROSKA = b"\x1aE\xdf\xa3"


def has_times(name: str) -> bool:
    """Whether the frames can have time stamps: a raw H.264, H.265 or JPEG stream is nothing but images."""
    with Path(name).open("rb") as file:
        head = file.read(5)
    code = head[head.startswith(b"\0\0\0") :]  # a start code has three or four bytes
    raw = code.startswith(b"\0\0\1") and code[3:] and code[3] not in (0xBA, 0xB3)  # those are MPEG-1 and MPEG-2
    return not raw and not head.startswith((b"\xff\xd8", b"--"))


def lists_frames(name: str) -> bool:
    """Whether the header has a line for every frame (MP4, MOV); elsewhere their number is an estimate."""
    with Path(name).open("rb") as file:
        return file.read(8)[4:8] in BOXES


def breaks_off(name: str) -> bool | None:
    """Whether the file ends in the middle of its structure.

    Returns:
        True when something is missing at its end, or when what stands there is no structure at all; False when every
        element is there to its last byte, so that a video track shorter than the file was made so; None when the
        structure does not tell, and only the length in the header can.
    """
    with Path(name).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(HEAD)
        if head.startswith(MATROSKA):
            return matroska_breaks_off(file, size)
        if head[4:8] in BOXES:
            return mp4_breaks_off(file, size)
        if head.startswith(b"RIFF"):
            return avi_breaks_off(file, size)
        if head.startswith(b"OggS"):
            return ogg_breaks_off(file, size)
        if head.startswith(FLV):
            return flv_breaks_off(file, size)
        if head.startswith(b"GIF8"):
            return gif_breaks_off(file)
        if head.startswith(b"YUV4MPEG2 "):
            return y4m_breaks_off(file, head, size)
        if head.startswith(ASF):
            return asf_breaks_off(head, size)
        if head.startswith(b"\0\0\1\xba"):
            return program_breaks_off(file, size)
        return transport_breaks_off(file, head, size)


def video_streams(name: str) -> int:
    """How many videos are in the file, side by side or one behind the other where OpenCV stops; it reads the first.

    0 where the container does not tell.
    """
    with Path(name).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(HEAD)
        if head[4:8] in BOXES:
            return mp4_videos(file, size)
        if head.startswith(MATROSKA):
            return matroska_videos(file, size)
        if head.startswith(FLV):
            return flv_videos(file, size)
        return transport_videos(file, head)


def is_text(name: str) -> bool:
    """Whether a file is a text: FFmpeg would open what lists of files, playlists and descriptions of streams name."""
    with Path(name).open("rb") as file:
        head = file.read(64)
    return all(byte in _TEXT for byte in head) and not head.startswith((b"YUV4MPEG2 ", b"--"))
