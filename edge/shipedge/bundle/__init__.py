"""The models of the cascade on disk: a folder of .tflite files and the manifest that vouches for them."""

from shipedge.bundle.contents import NUMBERS, PATCH, POINTS, QUANTIZE, Bundle, ModelFile, Models, Thresholds
from shipedge.bundle.reading import FORMAT, PREPROCESSING, default_bundle, load_bundle

__all__ = [
    "FORMAT",
    "NUMBERS",
    "PATCH",
    "POINTS",
    "PREPROCESSING",
    "QUANTIZE",
    "Bundle",
    "ModelFile",
    "Models",
    "Thresholds",
    "default_bundle",
    "load_bundle",
]
