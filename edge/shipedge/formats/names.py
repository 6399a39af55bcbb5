"""Names and numbers by which label files call their images: each tool writes the same image in another way."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from shipedge.airbus import check_image_id
from shipedge.errors import DatasetError
from shipedge.files.shorten import shorten


def last_part(path: str) -> str:
    r"""The file name in a path or address: ``b.jpg`` of ``a/b.jpg``, ``a\b.jpg``, ``https://host/b.jpg?key=1``.

    Label Studio writes images on its own disk as ``/data/local-files/?d=a/b.jpg``.
    """
    before, found, after = path.partition("?d=")
    if found:
        path = unquote(after)
    elif "://" in before:
        path = unquote(urlsplit(path).path)
    return re.split(r"[/\\]", path)[-1]


def image_name(path: object, where: str) -> str:
    """The plain file name in what a label file calls its image. Raises DatasetError where there is none."""
    if not isinstance(path, str):
        raise DatasetError(f"{where} is {shorten(path)}, expected a text")
    try:
        name = last_part(path)
    except ValueError:  # brackets in an address that are no IPv6
        name = ""
    if check_image_id(name) is not None:
        raise DatasetError(f"{where} {shorten(path)} does not end in a plain file name")
    return name


def loose(name: str) -> str:
    """Equal for names that differ in the case of their suffix or in the Unicode form (macOS writes NFD) only."""
    head, dot, suffix = unicodedata.normalize("NFC", name).rpartition(".")
    return head + dot + suffix.lower()


class Ids:
    """Finds the image that an id stands for: ``7`` is also ``"7"`` where no other image goes by that."""

    def __init__(self, ids: Iterable[int | str]) -> None:
        self._exact = set(ids)
        self._as_text: dict[str, list[int | str]] = {}
        for one in self._exact:
            self._as_text.setdefault(str(one), []).append(one)

    def find(self, value: int | str) -> int | str | None:
        """The id as its image has it; None where no image or more than one could be meant."""
        if value in self._exact:
            return value
        found = self._as_text.get(str(value), [])
        return found[0] if len(found) == 1 else None
