"""What becomes of the objects in a label file that are no ship: boxes, lines, outlines around no pixel."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.formats.labelled import Labelled, Pictures, count
from shipedge.rle import Rle


class LeftOut:
    """Counts by reason the objects that are left out; a file of which nothing is left is an error, not "no ship"."""

    def __init__(self, path: Path, pictures: Pictures) -> None:
        self._path = path
        self._pictures = pictures
        self._reasons: Counter[str] = Counter()
        self._images = 0

    def add(self, reason: str) -> None:
        """Count an object; the reason goes on from the number of such objects: ``without a mask``."""
        self._reasons[reason] += 1

    def masks(self, found: Iterable[Rle | str]) -> list[Rle]:
        """Those that are masks of a pixel or more; others are counted by the reason that stands for them."""
        kept = []
        for mask in found:
            if isinstance(mask, str):
                self.add(mask)
            elif mask:
                kept.append(mask)
            else:
                self.add("without a pixel")
        return kept

    def image(self, objects: int) -> None:
        """Count an image that has no picture, and its objects."""
        self._images += 1
        self._reasons["in images without a picture"] += objects

    def checked(self, images: Iterable[Labelled], notes: list[str]) -> Iterator[Labelled]:
        """The same images; after the last one, what was left out is said.

        Raises:
            DatasetError: two have one name; or, after the last one: there were images, but none has a picture; or
                there were objects, but none became a ship.
        """
        names: set[str] = set()
        ships = 0
        for image in images:
            if image.image in names:
                raise DatasetError(f"{self._path}: two images in it are called {image.image!r}")
            names.add(image.image)
            ships += len(image.ships)
            yield image
        if self._images and not names:
            raise DatasetError(
                f"{self._path}: {self._pictures.where} has no picture of the {count(self._images, 'image')} in it"
            )
        if self._images:
            left = count(self._images, "image")
            notes.append(f"{self._path}: {left} left out, {self._pictures.where} has no picture of that name")
        if self._pictures.strays and not ships:
            files = count(self._pictures.strays, "label file")
            raise DatasetError(f"{self._path}: no ship is left, {self._pictures.where} has no picture for {files}")
        reasons = ", ".join(f"{many} {reason}" for reason, many in self._reasons.items() if many)
        objects = sum(self._reasons.values())
        if objects and not ships:
            what = "its only object" if objects == 1 else f"all its {objects} objects"
            raise DatasetError(f"{self._path}: {what} would be left out ({reasons}), expected masks or polygons")
        if objects:
            notes.append(f"{self._path}: {count(objects, 'object')} left out: {reasons}")
