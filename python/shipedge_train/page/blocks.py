"""What a page is made of. All texts are plain text: the page escapes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Value: TypeAlias = "str | int | float | None"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `heading` stands above it."""

    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with one value each, for scores and settings."""

    facts: Mapping[str, Value]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; a click on a head sorts by that column."""

    head: Sequence[str]
    rows: Sequence[Sequence[Value]]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A matplotlib figure (see `new_figure`) and what it shows; charts that follow each other stand side by side."""

    figure: Figure
    caption: str


@dataclass(frozen=True, slots=True)
class GalleryImage:
    """One card of a gallery; made by `gallery_image`.

    Attributes:
        name: ImageId, shown and searched.
        jpeg: the thumbnail's file.
        shape: (height, width) of the whole image, which the outlines count in.
        outlines: label -> SVG path of the outlines, in pixels of the whole image.
        numbers: what the gallery can be sorted and filtered by; None where there is no such number.
    """

    name: str
    jpeg: bytes
    shape: tuple[int, int]
    outlines: Mapping[str, str]
    numbers: Mapping[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Images with outlines that can be switched on and off, sorted by any number, filtered by name and number.

    Attributes:
        images: at most `MOST_IMAGES`; more raise ValueError, because a browser would choke on them.
        heading: stands above.
        note: a sentence below the heading (which images of how many are shown, say).
        sort: key of `numbers` that orders the page at first; empty: the order given.
        descending: that order is from high to low.
    """

    images: Sequence[GalleryImage]
    heading: str = ""
    note: str = ""
    sort: str = ""
    descending: bool = True

    labels: Sequence[str] = field(init=False)
    keys: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        """Collect the labels of the outlines and the keys of the numbers, in the order of their first use."""
        labels = dict.fromkeys(label for image in self.images for label in image.outlines)
        keys = dict.fromkeys(key for image in self.images for key in image.numbers)
        object.__setattr__(self, "labels", tuple(labels))
        object.__setattr__(self, "keys", tuple(keys))


Block: TypeAlias = Text | Facts | Table | Chart | Gallery
