"""Run-length masks: Airbus texts, COCO, polygons, NumPy masks and the masks of labelling tools into each other.

A mask is a (height, width) array, non-zero where there is a ship. A text is what the Airbus CSV holds:
"start length start length ...", 1-based, counting down the columns. `Rle` is the value type between
them: (n, 2) runs of 0-based start and length, sorted and non-touching. All functions release the GIL
where they work long; none changes its input.

Strict functions (`parse`, `decode`, `from_coco`, `from_segmentation`, `from_polygons`) refuse what is no mask with an
`RleFormatError`. Functions that read rows of a data set (`decode_union`, `decode_batch`) also take None, NaN, pandas.NA
and "" as no ship.
"""

from typing import Literal, TypeAlias

from shipedge._core import (
    CsvIndex,
    MaskBatch,
    Rle,
    areas,
    at_least,
    bboxes,
    boundary_iou,
    centroids,
    component_texts,
    components,
    decode,
    decode_batch,
    decode_union,
    difference,
    encode,
    from_coco,
    from_label_studio,
    from_labels,
    from_masks,
    from_polygons,
    intersection,
    iou,
    iou_matrix,
    labels_to_png,
    merge,
    nms,
    parse,
    to_coco,
    to_label_studio,
    to_labels,
    to_masks,
    to_png,
    to_polygons,
    union,
    without_overlaps,
    xor,
)
from shipedge.airbus import open_csv
from shipedge.segmentation import from_annotations, from_cvat, from_segmentation, to_cvat

Overlap: TypeAlias = Literal["error", "first", "last", "larger"]
"""Whose a pixel of several masks is, as `to_labels` says."""

__all__ = [
    "CsvIndex",
    "MaskBatch",
    "Rle",
    "areas",
    "at_least",
    "bboxes",
    "boundary_iou",
    "centroids",
    "component_texts",
    "components",
    "decode",
    "decode_batch",
    "decode_union",
    "difference",
    "encode",
    "from_annotations",
    "from_coco",
    "from_cvat",
    "from_label_studio",
    "from_labels",
    "from_masks",
    "from_polygons",
    "from_segmentation",
    "intersection",
    "iou",
    "iou_matrix",
    "labels_to_png",
    "merge",
    "nms",
    "open_csv",
    "parse",
    "to_coco",
    "to_cvat",
    "to_label_studio",
    "to_labels",
    "to_masks",
    "to_png",
    "to_polygons",
    "union",
    "without_overlaps",
    "xor",
]
