"""Writing COCO instances: polygons, which every tool reads, or compressed counts, which are smaller.

Both hold every mask exactly. A polygon follows the edges of the pixels; where a part has holes, its rings are joined by
lines of zero width. pycocotools fills such polygons to the same pixels. CVAT takes both (counts become brush masks);
Label Studio and most trainers of YOLO take polygons only.

Source of the format: https://cocodataset.org/#format-data
"""

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from shipedge.airbus import check_image_id
from shipedge.errors import DatasetError
from shipedge.files.atomic import write_output
from shipedge.formats.labelled import Labelled
from shipedge.formats.shapes import join_rings
from shipedge.rle import Rle, components, to_coco, to_polygons


def write_coco(
    path: str | os.PathLike[str],
    images: Iterable[Labelled],
    *,
    counts: bool = False,
    scores: Sequence[float] | None = None,
) -> None:
    """Write a COCO file atomically; nothing of the ships is lost.

    Args:
        path: the JSON file.
        images: with unique plain names.
        counts: write compressed counts instead of polygons.
        scores: of all ships, in their order, where they were found by a model.

    Raises:
        DatasetError: an image name is no plain file name or comes twice.
    """
    listed: list[str] = []
    annotations: list[str] = []
    names: set[str] = set()
    for number, (name, (height, width), ships) in enumerate(images, 1):
        trouble = check_image_id(name)
        if trouble is not None or name in names:
            raise DatasetError(f"{path}: {trouble or f'image {name!r} comes twice'}")
        names.add(name)
        listed.append(json.dumps({"id": number, "file_name": name, "height": height, "width": width}))
        for ship in ships:
            left, top, right, bottom = ship.bbox
            annotation: dict[str, Any] = {
                "id": len(annotations) + 1,
                "image_id": number,
                "category_id": 1,
                "iscrowd": 0,
                "area": ship.area,
                "bbox": [left, top, right - left, bottom - top],
                "segmentation": _counts(ship) if counts else _polygons(ship),
            }
            if scores is not None:
                annotation["score"] = scores[len(annotations)]
            annotations.append(json.dumps(annotation))
    # pycocotools takes info for granted, CVAT a supercategory.
    parts = ['{"info": {}, "licenses": [],\n"images": [\n', ",\n".join(listed)]
    parts += ['\n],\n"annotations": [\n', ",\n".join(annotations)]
    parts.append('\n],\n"categories": [{"id": 1, "name": "ship", "supercategory": ""}]}\n')
    write_output(path, "".join(parts).encode())


def _counts(ship: Rle) -> dict[str, Any]:
    return {"size": list(ship.shape), "counts": to_coco(ship, compressed=True)}


def _polygons(ship: Rle) -> list[list[int]]:
    """One polygon for each part."""
    return [join_rings(to_polygons(part)).ravel().tolist() for part in components(ship)]
