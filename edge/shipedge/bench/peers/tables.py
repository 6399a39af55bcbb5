"""Libraries that read tables: the rows of an Airbus CSV, grouped by image."""

import importlib
from pathlib import Path
from typing import Any

from shipedge.bench.peers.peer import Peer


def pandas() -> Peer:
    """Grouped by position: no list is made for an image that nobody asks for."""
    library = importlib.import_module("pandas")

    def index(path: Path) -> Any:
        table = library.read_csv(path)
        table = table[table.EncodedPixels.notna()]
        return table.EncodedPixels, table.groupby("ImageId", sort=False).indices

    def plain(result: Any) -> Any:
        texts, places = result[0].to_numpy(), result[1]
        return {image: texts[where].tolist() for image, where in places.items()}

    return Peer("pandas", {"index": index}, plain={"index": plain})


def polars() -> Peer:
    """On all cores, as it comes."""
    library = importlib.import_module("polars")

    def index(path: Path) -> Any:
        table = library.read_csv(path).drop_nulls()
        return table.group_by("ImageId").agg(library.col("EncodedPixels"))

    def plain(result: Any) -> Any:
        return dict(zip(result["ImageId"].to_list(), result["EncodedPixels"].to_list(), strict=True))

    return Peer("polars", {"index": index}, plain={"index": plain})
