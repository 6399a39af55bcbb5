"""Messages are one line of bounded length, whatever was handed in."""

import pytest
from click.testing import CliRunner

from shipedge import rle
from shipedge.cli import main

MASK = rle.parse("1 3", (4, 4))
LONG = "\x1b" * 30_000


class Unshowable:
    def __repr__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("call", "beginning"),
    [
        (lambda: rle.encode(MASK, order=LONG), "order is '\\x1b"),
        (lambda: rle.parse("1 3", order=LONG), "order is '\\x1b"),
        (lambda: rle.parse("1 3", [LONG]), "shape is ['\\x1b"),
        (lambda: rle.parse("1 3", b"y" * 30_000), "shape is b'yyy"),
        (lambda: rle.parse("1 3", order=10**5000), "order is a value of type int, expected"),
        (lambda: rle.parse("1 3", order=Unshowable()), "order is a value of type Unshowable, expected"),
        (lambda: rle.iou(LONG, 5), "a is of type str, expected an Rle or a NumPy array (height, width)"),
        (lambda: rle.iou(MASK), "iou(a: object, b: object) was called with (Rle)"),
        (lambda: rle.areas(LONG, LONG), "areas(rles: object) was called with (str, str)"),
        (lambda: rle.parse("1 3", color=LONG), "parse(text: object, shape: object = (768, 768), "),
        (
            lambda: rle.Rle(LONG),
            "shipedge.rle.Rle(runs: object, shape: object) was called with (Rle, str)",
        ),
        (lambda: rle.Rle.from_mask(*[LONG] * 99), "from_mask(mask: object) was called with (str, str, "),
        (lambda: MASK.crop(LONG, LONG, LONG), "crop(self: shipedge.rle.Rle, "),
    ],
)
def test_values_are_cut(call, beginning):
    with pytest.raises((TypeError, ValueError)) as raised:
        call()
    message = str(raised.value)
    assert message.startswith(beginning)
    assert len(message) < 400
    assert message.isprintable()


def test_short_values_are_shown_whole():
    with pytest.raises(ValueError, match="order is 'K', expected 'F'"):
        rle.parse("1 3", order="K")
    with pytest.raises(TypeError, match=r"was called with \(str, order: str, color: int\)"):
        rle.parse("1 3", order="F", color=3)


def test_errors_from_within_a_call_stay_themselves():
    class Odd:
        def __index__(self):
            raise KeyError("mine")

    with pytest.raises((KeyError, TypeError)) as raised:
        rle.parse("1 3", (Odd(), 4))
    assert "was called with" not in str(raised.value)


@pytest.mark.parametrize(
    "command", [["masks", "a.csv", "b", "--threads", "9" * 400], ["9" * 4000], ["--" + "9" * 4000]]
)
def test_what_was_typed_is_cut(command):
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2
    assert len(done.output) < 600
