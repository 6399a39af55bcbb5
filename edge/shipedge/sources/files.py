"""Image files as frames."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from shipedge.frame import EncodedImage, Frame
from shipedge.images import AS_IT_IS, Reading, decode_image, decode_reduced, read_file
from shipedge.images.budget import refuse_work
from shipedge.images.decode import checked
from shipedge.scene import open_scene

__all__ = ["frame_of", "read_frame", "scene_of"]


def read_frame(name: str, reading: Reading = AS_IT_IS) -> Frame:
    """The one frame of an image file.

    A large image, and one that says where on the earth it lies, becomes a scene where the extra `geo` is installed.
    With `reading.half` a JPEG is decoded at half size now, and whole when its pixels are asked for.

    Raises:
        ImageError: it cannot be read.
    """
    start = perf_counter()
    scene = scene_of(name, reading)
    return frame_of(read_file(name), name, reading, start) if scene is None else scene


def scene_of(name: str, reading: Reading = AS_IT_IS) -> Frame | None:
    """The frame of an image file that is read window by window, None of others. Raises ImageError as `read_frame`."""
    start = perf_counter()
    if (scene := open_scene(name, reading)) is None:
        return None
    return Frame(scene, name, decode_ms=(perf_counter() - start) * 1e3, place=scene.place)


def frame_of(content: bytes, name: str, reading: Reading = AS_IT_IS, start: float | None = None) -> Frame:
    """The frame of the content of an image file, never a scene; `start` is when reading began, by `perf_counter`.

    Raises:
        ImageError: it is no image, or damaged.
    """
    start = perf_counter() if start is None else start
    header = checked(content, name, max_pixels=reading.max_pixels)
    refuse_work(header, len(content), name, reading.max_pixels)
    decode = partial(decode_image, content, name, reading.stretch, max_pixels=reading.max_pixels)
    if reading.half and header.format == "JPEG":
        small = decode_reduced(content, name, 2, max_pixels=reading.max_pixels)
        encoded = EncodedImage(decode, header.shape, small)
        return Frame(encoded, name, decode_ms=(perf_counter() - start) * 1e3)
    pixels = decode()
    return Frame(pixels, name, decode_ms=(perf_counter() - start) * 1e3)
