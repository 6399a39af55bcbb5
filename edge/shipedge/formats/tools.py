"""Native files of labelling tools: what all have in common once their images and objects are found."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from shipedge.errors import DatasetError, RleFormatError
from shipedge.files.json_file import load, whole
from shipedge.files.shorten import shorten
from shipedge.formats.labelled import ImageList, Labelled
from shipedge.formats.left_out import LeftOut
from shipedge.formats.recognize import kind_of
from shipedge.rle import Rle

Shape = tuple[int, int]


class ToolImage(NamedTuple):
    """An image in the file of a tool.

    Attributes:
        where: of its entry, for messages.
        name: plain file name.
        size: height and width as the file says them, anything; None where it does not.
        objects: place and entry of each object.
    """

    where: str
    name: str
    size: tuple[Any, Any] | None
    objects: list[tuple[str, Any]]


class Tool(NamedTuple):
    """How the file of a tool is read.

    Attributes:
        images: the images of a file or folder; the list gets a sentence for each kind of thing that is not kept.
        mask: the mask of an object in an image of that size, or why it has none.
        label: what an object is called in the tool; empty where it is not.
    """

    images: Callable[[Path, LeftOut], Iterable[ToolImage]]
    mask: Callable[[Any, Shape, str], Rle | str]
    label: Callable[[Any], Any]


def read_tool(tool: Tool, path: Path, image_list: ImageList, left_out: LeftOut) -> Iterator[Labelled]:
    """The images of a file, each with its ships.

    Raises:
        DatasetError: not a file of this tool, malformed, or an image whose size nobody says.
    """
    for where, name, size, objects in tool.images(path, left_out):
        image = image_list.find(name)
        if image is None:
            left_out.image(len(objects))
            continue
        shape = image_list.size(image) if size is None or None in size else _shape(size, where)
        if shape is None:
            raise DatasetError(f"{where}: the file does not say the size of {shorten(name)}, say --images or --shape")
        yield Labelled(image, shape, left_out.masks(_masks(tool, objects, shape, left_out)))


def _masks(tool: Tool, objects: list[tuple[str, Any]], shape: Shape, left_out: LeftOut) -> Iterator[Rle | str]:
    for where, one in objects:
        mask = tool.mask(one, shape, where)
        if isinstance(mask, Rle) and (label := tool.label(one)):
            left_out.label(shorten(label))
        yield mask


def tool_files(path: Path, kind: str, left_out: LeftOut) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The content of the file itself, or of the JSON files of a folder.

    Args:
        path: file or folder.
        kind: the tool, as `kind_of` calls it.
        left_out: counts files of a folder that hold no labels, such as settings.

    Raises:
        DatasetError: there are none, or a file holds labels of another kind.
    """
    if not path.is_dir():
        found = [path]
    else:
        found = sorted(one for one in path.iterdir() if one.suffix.lower() == ".json" and one.name[0] != ".")
    if not found:
        raise DatasetError(f"{path} has no label files (.json)")
    for file in found:
        data = load(file)
        actual = kind_of(data)
        if actual == kind:
            yield file, data
        elif path.is_dir() and actual is None:
            left_out.files(f"not of {kind}", [file.name])
        else:
            raise DatasetError(f"{file} is no file of {kind}" + (f": it looks like one of {actual}" if actual else ""))


def _shape(size: tuple[Any, Any], where: str) -> Shape:
    height, width = map(whole, size)
    if not (isinstance(height, int) and isinstance(width, int)) or isinstance(height, bool) or isinstance(width, bool):
        raise DatasetError(
            f"{where}: size is {shorten(height)} x {shorten(width)}, expected height and width as integers"
        )
    try:
        return Rle([], (height, width)).shape
    except (RleFormatError, OverflowError) as error:
        raise DatasetError(f"{where}: {error}") from error
