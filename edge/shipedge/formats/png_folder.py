"""Folders of mask images, one PNG per image: non-zero is ship, or (labels) the value k is ship k."""

import os
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy.typing as npt

from shipedge.errors import DatasetError, RleFormatError
from shipedge.files.atomic import new_folder
from shipedge.formats.label_folder import label_files
from shipedge.formats.label_image import read_labels
from shipedge.formats.labelled import ImageList, Labelled, Stems, count, stem
from shipedge.formats.left_out import LeftOut
from shipedge.formats.mask_image import read_mask
from shipedge.images.header import SUFFIXES
from shipedge.rle import Overlap, Rle, components, from_labels, labels_to_png, to_png, union

_MOST_PIXELS = 1 << 30


def read_png_folder(
    folder: Path, image_list: ImageList, left_out: LeftOut, notes: list[str], *, labels: bool = False
) -> Iterator[Labelled]:
    """The images of a folder of masks, by name; each has the size of its mask.

    Args:
        folder: of ``.png`` files, whose masks `decode_mask` finds.
        image_list: names of the images, which the masks do not hold; of a folder, also their sizes, to compare.
        left_out: counts files without an image, and images in other formats than PNG.
        notes: gets a sentence where masks seem to be inverted.
        labels: each value other than 0 is one ship; otherwise each 8-connected part of what is not 0.

    Raises:
        ImageError: a file that is cut off or damaged.
        DatasetError: no folder, a file that is no mask, a label image where masks are expected, a mask that has not
            the size of its image.
    """
    if image_list.folder != folder:
        left_out.files("masks are read from .png alone", _other_images(folder))
    inverted = 0
    for image, path in label_files(folder, ".png", image_list, left_out, notes).items():
        if path is None:
            continue
        pixels = read_labels(path) if labels else read_mask(path)
        shape = (pixels.shape[0], pixels.shape[1])
        if image_list.folder is not None and image_list.shape(image) != shape:
            raise DatasetError(f"{path} has shape {shape}, expected {image_list.shape(image)} as its image has")
        ships = _labels(pixels) if labels else components(pixels)
        inverted += 2 * sum(ship.area for ship in ships) > shape[0] * shape[1]
        yield Labelled(image, shape, ships)
    if inverted:
        notes.append(f"{folder}: more than half of {count(inverted, 'mask')} is ship: 0 is sea, are they inverted?")


def write_png_folder(
    folder: str | os.PathLike[str], images: Iterable[Labelled], notes: list[str], *, labels: Overlap | None = None
) -> None:
    """Write a mask per image, 0 and 255, or a label map, 0 and k for ship k; the folder appears whole or not at all.

    Args:
        folder: to be made.
        images: what goes in.
        notes: gets a sentence for each kind of loss.
        labels: None for masks; for label maps whose a pixel of several ships is, as for `shipedge.rle.to_labels`.

    Raises:
        DatasetError: the folder has files already, two images would share one, an image of over 2^30 pixels, or
            ships overlap and ``labels`` is "error".
    """
    stems = Stems()
    ships_before = ships_after = changed = 0
    with new_folder(folder) as inside:
        for image, shape, ships in images:
            if shape[0] * shape[1] > _MOST_PIXELS:
                raise DatasetError(f"image {image!r} has shape {shape}, a mask image takes at most 2^30 pixels")
            if labels is not None:
                try:
                    data = labels_to_png(ships, shape, labels)
                except RleFormatError as error:
                    raise DatasetError(f"image {image!r}: {error}") from error
            else:
                together = union(ships, shape)
                data = to_png(together)
                read_back = components(together)
                if set(read_back) != set(ships) or len(read_back) != len(ships):
                    changed += 1
                    ships_before += len(ships)
                    ships_after += len(read_back)
            (inside / f"{stems.claim(image)}.png").write_bytes(data)
    notes.append(f"{folder}: mask images do not hold the suffixes of the images' names")
    if changed:
        notes.append(
            f"{folder}: ships touch, overlap or have several parts in {count(changed, 'image')}, and a mask does not "
            f"hold which pixel is whose: {count(ships_before, 'ship')} will be read as {ships_after}"
        )


def _other_images(folder: Path) -> list[str]:
    """Images that are no PNG, but could be masks; beside a mask of its name lies the photograph."""
    names = sorted(name for name in os.listdir(folder) if name[0] != ".")  # noqa: PTH208
    masks = {stem(name) for name in names if name.lower().endswith(".png")}
    return [name for name in names if name.lower().endswith(SUFFIXES) and stem(name) not in masks]


def _labels(pixels: npt.NDArray[Any]) -> list[Rle]:
    return [ship for _, ship in sorted(from_labels(pixels).items(), key=itemgetter(0))]
