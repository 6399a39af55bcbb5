"""The one way in for image files: how large is it, how does it lie, is it whole, which pixels are in it.

Size and pixels are those that a viewer shows: the orientation noted in EXIF is applied (docs/design/adr/0015). JPEG is
decoded by libjpeg-turbo, all else by OpenCV; what a decoder complains about is an `ImageError`, never a line on the
terminal. Headers need the standard library alone.
"""

from shipedge.images.decode import AS_IT_IS, Pixels, Reading, Stored, decode_image, decode_stored, read_image
from shipedge.images.depth import Stretch, parse_stretch
from shipedge.images.files import read_file
from shipedge.images.header import ImageHeader, header_of, image_size, read_header
from shipedge.images.reduced import decode_reduced

__all__ = [
    "AS_IT_IS",
    "ImageHeader",
    "Pixels",
    "Reading",
    "Stored",
    "Stretch",
    "decode_image",
    "decode_reduced",
    "decode_stored",
    "header_of",
    "image_size",
    "parse_stretch",
    "read_file",
    "read_header",
    "read_image",
]
