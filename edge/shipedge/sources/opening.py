"""How each kind of source is read."""

from __future__ import annotations

from collections.abc import Iterator

from shipedge.errors import SourceError
from shipedge.frame import Frame
from shipedge.sources.address import parse_address
from shipedge.sources.files import read_frame
from shipedge.sources.grabber import Grabbed, grab
from shipedge.sources.mjpeg import read_http
from shipedge.sources.prefetch import Item
from shipedge.sources.resolve import Source
from shipedge.sources.stream import Lost, Shot, Wish
from shipedge.sources.video import read_video

__all__ = ["read_source", "read_stream"]


def read_source(source: Source, wish: Wish) -> Iterator[Item]:
    """Every wanted frame of a source that waits. Raises SourceError where it is damaged, or cannot be read."""
    if source.kind == "image":
        yield read_frame(source.name, wish.reading)
    elif source.kind == "video":
        yield from _thinned(source.name, wish)
    elif source.kind == "remote":
        yield from _remote(source, wish)
    elif source.kind == "pipe":
        from shipedge.sources.pipe import read_pipe

        yield from read_pipe(source.name, wish)
    else:
        from shipedge.sources.watch import read_watched

        yield from read_watched(source.address, wish)


def read_stream(source: Source, wish: Wish) -> Iterator[Shot]:
    """The frames of one connection to a live source, see `LiveFeed`. Raises Lost or SourceError."""
    times = {"open_s": wish.patience.open_s, "read_s": wish.patience.read_s}
    if source.kind == "camera":
        asked = Grabbed(int(source.address), True, False, wish.fps, wish.every, **times)
    elif source.address.startswith("gst:"):
        asked = Grabbed(source.address, True, False, wish.fps, wish.every, **times)
    else:
        address = parse_address(source.address)
        is_http = address.scheme in ("http", "https")
        if is_http and not address.path.lower().endswith(".m3u8"):
            yield from read_http(address._replace(name=source.name), wish)
            if wish.stopped.is_set():
                return
        asked = Grabbed(address.url, True, is_http, wish.fps, wish.every, **times)
    for told, pixels, decode_ms in grab(source.name, asked, wish.stopped):
        yield Shot(told.clock, pixels, told.text, told.skipped, decode_ms)


def _thinned(name: str, wish: Wish) -> Iterator[Frame]:
    thin = wish.thin()
    for frame in read_video(name, wish.reading.max_pixels):
        if frame.time_s is None and wish.fps is not None:
            raise SourceError(f"{name}: has no time stamps, say --every N instead of --fps")
        if thin.wants(frame.time_s or 0.0):
            yield frame
        del frame


def _remote(source: Source, wish: Wish) -> Iterator[Frame]:
    asked = Grabbed(source.address, False, False, wish.fps, wish.every, wish.patience.open_s, wish.patience.read_s)
    damage: list[str] = []
    try:
        for told, pixels, decode_ms in grab(source.name, asked, wish.stopped):
            if pixels is None:
                damage.append(f"frame {told.index}: {told.text}")
            else:
                yield Frame(pixels, source.name, told.index, told.time_s, decode_ms)
            del pixels
    except Lost as lost:
        index = "; its index must stand first where a server gives no part of a file (ffmpeg -movflags +faststart)"
        raise SourceError(f"{source.name}: {lost}{index if source.name.lower().endswith('.mp4') else ''}") from None
    if damage:
        raise SourceError(f"{source.name}: the video is damaged, {len(damage)} frames were left out: {damage[0]}")
