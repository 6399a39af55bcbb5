"""How good is a prediction? Official F2, Dice, sizes, causes of errors, the detector's curves, and how sure it all is.

`evaluate_files` reads (inputs.py), matches image by image (matching.py, grounds.py) and returns an `Evaluation`
(result.py). What is made of it: figures with intervals (figures.py, resample.py), by size (sizes.py), the detector's
curves (detector.py), all of it as JSON (export.py).
"""

from shipedge.evaluate.files import evaluate_files
from shipedge.evaluate.inputs import Prediction, read_prediction, read_scores
from shipedge.evaluate.result import Evaluation, ImageFigures

__all__ = [
    "Evaluation",
    "ImageFigures",
    "Prediction",
    "evaluate_files",
    "read_prediction",
    "read_scores",
]
