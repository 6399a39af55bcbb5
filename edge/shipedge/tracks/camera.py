"""How a moving camera shifts the image: what several witnesses say of it, judged by the ships."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from shipedge.tracks.match import Expected, Floats
from shipedge.tracks.view import View, peaks

__all__ = ["Camera", "Move"]

_SURE = {"sea": 10.0, "whole": 5.0}
"""Strength from which a peak counts. Noise alone reaches 8; but in the whole image ships may be no more than that,
and what is noise explains no ships."""
_NEAR = 8.0
"""Pixels of the reduced frame: for as little, frames are compared with the same earlier one, so that errors of
parts of a pixel do not add up while a camera stands still or turns slowly."""
_DOUBT = {"sea": 0.05, "still": 0.05, "before": 0.25, "whole": 0.25, "ships": 0.25}
"""How far off a witness may be, as a part of the shift: a camera that turns or tilts shifts no two ships alike."""
_PRIOR = {"sea": 0.8, "still": 0.6, "before": 0.4, "whole": 0.5}
"""What a trusted witness counts beside the ships that it explains: who goes on as before adds up every error."""
_LEARN = 0.2
"""What the last frame counts in the trust in a witness."""
_MOVES = 0.4
"""A camera moves in a way of its own where neither what is no ship nor standing still is trusted as much."""
_WIDE = 0.15
"""Of the diagonal of the frame: a jump of the camera that nothing but ships would prove."""
_JUDGES = 32
"""Ships that are enough to judge witnesses."""
_FEW = 8
"""Of them, those that are tried as witnesses themselves."""


class Move(NamedTuple):
    """What the camera did.

    Attributes:
        shift: (x, y) by which what stands still has moved in the frame, pixels.
        doubt: how far off that may be, pixels.
    """

    shift: Floats
    doubt: float


class Camera:
    """Where a camera looks, as a sum of moves.

    No witness is right everywhere. What is no ship (`sea`) is right over land and rough sea; on a calm lake it is
    reflections and the rim of the lens, which go with the camera. The `whole` image follows the ships where there is
    nothing else. A camera may be `still`, or go on as `before`; and each ship that is followed may be any ship of the
    frame. A witness is believed by how many ships it explains now, and how many it explained of late.

    Attributes:
        offset: (x, y) in the frame of what was at (0, 0) of the first one.
    """

    def __init__(self) -> None:
        """A camera that has not moved."""
        self.offset = np.zeros(2)
        self._key: View | None = None
        self._key_offset = self.offset
        self._speed = np.zeros(2)  # pixels per second
        self._trust = {"sea": 0.8, "still": 0.7, "before": 0.6, "whole": 0.5}

    def follow(self, view: View, expected: Expected, step_s: float) -> Move:
        """Adds the move from the frame before, which was `step_s` seconds ago, to this one."""
        if self._key is None or self._key.frame != view.frame:
            self._key, self._key_offset = view, self.offset
            return Move(np.zeros(2), 0.0)
        expected = expected.oldest(_JUDGES)
        answers, near = self._ask(self._key, view, step_s, expected)
        witness, shift = self._judge(answers, self._speed * step_s, expected)
        doubt = _doubt(witness, shift)
        if witness not in ("sea", "still"):
            shift = shift + expected.residual(shift, doubt)
        self.offset = self.offset + shift
        self._speed = shift / step_s
        if witness != "sea" or not near:
            self._key, self._key_offset = view, self.offset
        return Move(shift, doubt)

    def _ask(self, key: View, view: View, step_s: float, expected: Expected) -> tuple[list[tuple[str, Floats]], bool]:
        """What each witness says, and whether the view still lies near to that of the key frame."""
        answers = [("still", np.zeros(2)), ("before", self._speed * step_s)]
        (sea,) = peaks(key.sea, view.sea, 1)
        if sea.strength >= _SURE["sea"]:
            answers.append(("sea", self._key_offset + np.array(sea[:2]) * view.step - self.offset))
        near = sea.strength >= _SURE["sea"] and float(np.hypot(sea.x, sea.y)) < _NEAR
        calm = [shift for witness, shift in answers if witness != "before"]
        if expected.most and max(expected.explained(shift, 0.0) for shift in calm) > 0.95 * expected.most:
            return answers, near  # the usual case of a camera on a mast
        for peak in peaks(key.whole, view.whole, 3):
            if peak.strength >= _SURE["whole"]:
                answers.append(("whole", self._key_offset + np.array(peak[:2]) * view.step - self.offset))
        return answers, near

    def _judge(self, answers: list[tuple[str, Floats]], guess: Floats, expected: Expected) -> tuple[str, Floats]:
        """The best witness, and what it says."""
        assert self._key is not None
        wide = _WIDE * float(np.hypot(*self._key.frame))
        explained = [expected.explained(shift, _doubt(witness, shift)) for witness, shift in answers]
        scores = [
            count + _PRIOR[witness] * self._trust[witness] - 0.3 * _jump(shift - guess, wide)
            for count, (witness, shift) in zip(explained, answers, strict=True)
        ]
        best = int(np.argmax(scores))
        score, answer = scores[best], answers[best]
        moves = max(self._trust[witness] for witness, _ in answers if witness in ("sea", "still")) < _MOVES
        if explained[best] < 0.7 * expected.most and (moves or expected.most > 1):
            for shift in (expected.centers[None, :_FEW] - expected.places[:_FEW, None]).reshape(-1, 2):
                # One ship alone moves no camera that was known to stand still.
                price = 0.3 + 0.9 * _jump(shift - guess, wide) if moves else 1.8
                count = expected.explained(shift, _doubt("ships", shift)) - price
                if count > score:
                    score, answer = count, ("ships", shift)
        if expected.most:
            self._learn(answers, explained, expected.most)
        return answer

    def _learn(self, answers: list[tuple[str, Floats]], explained: list[float], most: int) -> None:
        right: dict[str, float] = {}
        for (witness, _), count in zip(answers, explained, strict=True):
            right[witness] = max(right.get(witness, 0.0), count / most)
        for witness, share in right.items():
            self._trust[witness] += _LEARN * (share - self._trust[witness])


def _doubt(witness: str, shift: Floats) -> float:
    return _DOUBT[witness] * float(np.hypot(*shift))


def _jump(difference: Floats, wide: float) -> float:
    return min(float(np.hypot(*difference)) / wide, 1.0)
