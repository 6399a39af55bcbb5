"""One offline HTML page: facts, tables, charts, and a gallery of images that sorts and filters itself.

    write_page("report.html", "Run 7", [
        Facts({"F2": 0.8123, "images": 1500}, heading="Scores"),
        Chart(figure, "Loss of each epoch"),
        Gallery([gallery_image("a.jpg", pixels, {"truth": ships, "prediction": found}, {"f2": 0.4, "ships": 2})]),
    ])

The file holds everything it shows (inline styles, script, SVG, JPEG), needs no network, follows the
reader's light or dark, and forbids itself any other script. Everything from outside, file names above all, is escaped.
"""

from shipedge_train.page.blocks import Block, Chart, Facts, Gallery, GalleryImage, Table, Text
from shipedge_train.page.document import write_page
from shipedge_train.page.figures import COLORS, new_figure, png_of
from shipedge_train.page.images import MOST_IMAGES, gallery_image

__all__ = [  # noqa: RUF022 - plain order
    "Block",
    "COLORS",
    "Chart",
    "Facts",
    "Gallery",
    "GalleryImage",
    "MOST_IMAGES",
    "Table",
    "Text",
    "gallery_image",
    "new_figure",
    "png_of",
    "write_page",
]
