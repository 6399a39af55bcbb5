"""How good is a prediction? Official F2, Dice, sizes, causes of errors, the detector's curves, and how sure it all is.

    inputs.py     files -> ships and picture scores
    files.py      the way from files to a result
    matching.py   one picture: which ship belongs to which, and why one belongs to none
    result.py     everything that was counted, per picture and per ship
    figures.py    the figures of a result by name, for people, JSON and pages
    sizes.py, detector.py, grounds.py    by ship size; picture scores; what lies below false alarms
    resample.py   95 % intervals by bootstrap
"""

from shipedge.evaluate.files import evaluate_files
from shipedge.evaluate.inputs import Prediction, read_prediction, read_scores
from shipedge.evaluate.result import Evaluation, Picture

__all__ = [
    "Evaluation",
    "Picture",
    "Prediction",
    "evaluate_files",
    "read_prediction",
    "read_scores",
]
