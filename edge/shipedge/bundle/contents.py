"""What a bundle holds: model files in one or more variants, and the thresholds of its operating points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shipedge.errors import BundleError

__all__ = ["NUMBERS", "PATCH", "POINTS", "QUANTIZE", "Bundle", "ModelFile", "Models", "Thresholds"]

PATCH = (64, 128)
"""Height and width of what a refiner sees, pixels."""
NUMBERS = 5
"""How many numbers a refiner says of it."""
QUANTIZE = ("int8", "float16", "none")
MAX_AREA = 2**32 - 2
"""Pixels of the largest mask there can be."""
POINTS = ("careful", "balanced", "sensitive")
"""Operating points, from few false ships to few missed ones. Every bundle has the first."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on something counts, and what is done with the parts that are left.

    Attributes:
        image: a frame whose best presence cell lies below has no ships, 0..1.
        cell: presence cells below are not segmented, 0..1.
        pixel: pixels below are not ship, 0..1.
        min_area: smaller components are dropped, pixels.
        small_area: components smaller than this must reach `small_score`, pixels; 0 asks none of them.
        small_score: mean probability that a small component must have, 0..1.
        core: a component that falls apart from this probability on is split there, 0..1; 0 splits none.
        fill_holes: pixels enclosed by a ship belong to it.
        rectangles: a component that nearly is one becomes the rectangle with its second moments, as ships are labelled.
    """

    image: float
    cell: float
    pixel: float
    min_area: int
    small_area: int = 0
    small_score: float = 0.0
    core: float = 0.0
    fill_holes: bool = False
    rectangles: bool = False

    def overridden(self, min_score: float | None = None, min_area: int | None = None) -> Thresholds:
        """The same with a score that ships of every size must have, and with another smallest area."""
        changed = self if min_score is None else replace(self, small_area=MAX_AREA, small_score=min_score)
        return changed if min_area is None else replace(changed, min_area=min_area)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model: its verified bytes and what the manifest says of it.

    Attributes:
        name: the file's name, for messages.
        content: the bytes of the .tflite file.
        input: (1, side, side, 3); of a refiner (1, 64, 128, 3).
        output: (1, rows, cols, 1).
        quantize: "int8" (uint8 in and out), "float16" or "none" (float32 in and out).
        trusted: it is of this package, and need not be tried in a process of its own.
        reduce: pixels of a frame along each side of one pixel of the input: a detector of 2 sees images of half size.
    """

    name: str
    content: bytes
    input: tuple[int, int, int, int]
    output: tuple[int, int, int, int]
    quantize: str
    trusted: bool = False
    reduce: int = 1

    @property
    def window(self) -> int:
        """Side of the square of a frame that it sees, pixels; of a refiner the height of a patch."""
        return self.input[1] * self.reduce


@dataclass(frozen=True, slots=True)
class Models:
    """The model files that run together; a bundle without a refiner has None."""

    detector: ModelFile
    segmenter: ModelFile
    refiner: ModelFile | None = None

    def __iter__(self) -> Iterator[ModelFile]:
        """Those that are there."""
        return iter([model for model in (self.detector, self.segmenter, self.refiner) if model is not None])


@dataclass(frozen=True, slots=True)
class Bundle:
    """The models of the cascade with their thresholds.

    Attributes:
        name: for reports.
        models: the files that run where nothing else is chosen.
        variants: the same networks in other precisions, by what every file of the set is: "int8", "float16", "none".
        points: thresholds by the name of the operating point; "careful" is always there.
        manifest: the whole manifest.json.
    """

    name: str
    models: Models
    points: Mapping[str, Thresholds]
    manifest: dict[str, Any]
    variants: Mapping[str, Models] = field(default_factory=dict)

    @property
    def detector(self) -> ModelFile:
        """The detector of `models`."""
        return self.models.detector

    @property
    def segmenter(self) -> ModelFile:
        """The segmenter of `models`."""
        return self.models.segmenter

    @property
    def refiner(self) -> ModelFile | None:
        """The refiner of `models`, where there is one."""
        return self.models.refiner

    @property
    def thresholds(self) -> Thresholds:
        """Those of the point "careful"."""
        return self.points["careful"]

    def at_point(self, name: str) -> Thresholds:
        """The thresholds of an operating point. Raises BundleError where the bundle has none of that name."""
        if name not in self.points:
            raise BundleError(f"bundle {self.name} has no operating point {name}, only {', '.join(self.points)}")
        return self.points[name]

    def variant(self, quantize: str) -> Models | None:
        """The files of one precision; None where the bundle has not got every model in it."""
        if all(model.quantize == quantize for model in self.models):
            return self.models
        return self.variants.get(quantize)
