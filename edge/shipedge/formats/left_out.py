"""What becomes of the objects in a label file that are no ship: boxes, lines, outlines around no pixel."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.formats.budget import RunBudget
from shipedge.formats.labelled import ImageList, Labelled, count
from shipedge.rle import Rle


class LeftOut:
    """Counts by reason the objects that are left out; a file of which nothing is left is an error, not "no ship"."""

    def __init__(self, path: Path, image_list: ImageList) -> None:
        self._path = path
        self._image_list = image_list
        self._reasons: Counter[str] = Counter()
        self._images = 0
        self._files: dict[str, list[str]] = {}
        self._unanswered = 0
        self._labels: set[str] = set()
        self.budget = RunBudget(path)

    def add(self, reason: str) -> None:
        """Count an object; the reason goes on from the number of such objects: ``without a mask``."""
        self._reasons[reason] += 1

    def masks(self, found: Iterable[Rle | str]) -> list[Rle]:
        """Those that are masks of a pixel or more; others are counted by the reason that stands for them.

        Raises:
            DatasetError: all masks so far have too many runs for a file of this size.
        """
        kept = []
        for mask in found:
            if isinstance(mask, str):
                self.add(mask)
            elif mask:
                kept.append(self.budget.take(mask))
            else:
                self.add("without a pixel")
        return kept

    def image(self, objects: int) -> None:
        """Count an image that has no file, and its objects."""
        self._images += 1
        self._reasons["in images without a file"] += objects

    def files(self, reason: str, names: list[str]) -> None:
        """Count files that are not read, of which nobody knows how many ships they hold."""
        if names:
            self._files.setdefault(reason, []).extend(names)

    def unanswered(self) -> None:
        """Count an image that nobody has labelled yet; it is not one without ships."""
        self._unanswered += 1

    def label(self, label: str) -> None:
        """Note what an object is called that becomes a ship."""
        self._labels.add(label)

    def checked(self, images: Iterable[Labelled], notes: list[str]) -> Iterator[Labelled]:
        """The same images; after the last one, what was left out is said.

        Raises:
            DatasetError: two have one name; or, after the last one: there were no images, or none has an image; or
                there were objects or files, but none became a ship.
        """
        names: set[str] = set()
        ships = 0
        for image in images:
            if image.image in names:
                raise DatasetError(f"{self._path}: two images in it are called {image.image!r}")
            names.add(image.image)
            ships += len(image.ships)
            yield image
        if any("ship" not in label.casefold() for label in self._labels):
            notes.append(f"{self._path}: labels are not kept: {', '.join(sorted(self._labels)[:20])} all become ships")
        self._refuse_nothing(names, ships)
        if self._unanswered:
            notes.append(f"{self._path}: {count(self._unanswered, 'image')} left out that nobody labelled")
        for reason, files in self._files.items():
            notes.append(f"{self._path}: {count(len(files), 'file')} left out, {reason}: {', '.join(files[:5])}")
        if self._images:
            left = count(self._images, "image")
            notes.append(f"{self._path}: {left} left out, {self._image_list.where} has no file of that name")
        if objects := sum(self._reasons.values()):
            notes.append(f"{self._path}: {count(objects, 'object')} left out: {self._said()}")

    def _refuse_nothing(self, names: set[str], ships: int) -> None:
        if self._images and not names:
            raise DatasetError(
                f"{self._path}: {self._image_list.where} has no image of the {count(self._images, 'image')} in it"
            )
        objects = sum(self._reasons.values())
        if self._unanswered and not names and not objects:
            raise DatasetError(f"{self._path}: nobody has labelled {count(self._unanswered, 'image')} in it")
        if self._files and not ships:
            reason, files = next(iter(self._files.items()))
            left = count(len(files), "file")
            raise DatasetError(f"{self._path}: no ship is left, but {left} left out, {reason}: {', '.join(files[:5])}")
        if objects and not ships:
            what = "its only object" if objects == 1 else f"all its {objects} objects"
            raise DatasetError(f"{self._path}: {what} would be left out ({self._said()}), expected masks or polygons")
        if not names:
            raise DatasetError(f"{self._path} holds no images, expected one or more, with or without ships")

    def _said(self) -> str:
        return ", ".join(f"{many} {reason}" for reason, many in self._reasons.items() if many)
