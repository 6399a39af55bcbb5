"""What is not a mask is refused with one sentence; what is one is read, however it is written."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import reference
from shipedge import rle
from shipedge.errors import RleFormatError, ShipedgeError

SHAPE = (20, 30)
NAN = float("nan")


def strict_runs(text):
    """The rules in their plainest form: the list of runs, or None for a text that breaks one."""
    if not all(c in "0123456789 \t\r\n" for c in text):
        return None
    numbers = [int(token) for token in text.split()]
    if len(numbers) % 2:
        return None
    next_start = 1
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        if start < next_start or length < 1 or start + length - 1 > SHAPE[0] * SHAPE[1]:
            return None
        next_start = start + length
    return numbers


pieces = st.sampled_from(
    ["", " ", "  ", "\n", "\t", "0", "1", "5", "17", "300", "599", "600", "601", "99999999", "x", "-"]
)
ascending = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40)


@settings(deadline=None, max_examples=400)
@given(st.lists(pieces, max_size=12).map(" ".join))
@example("600 1")
@example("601 1")
@example("1 600")
@example("1 601")
def test_texts_are_read_or_refused_by_the_rules(text):
    truth = strict_runs(text)
    if truth is None:
        with pytest.raises(RleFormatError):
            rle.parse(text, SHAPE)
    else:
        np.testing.assert_array_equal(rle.decode(text, SHAPE), reference.decode(text, SHAPE))


@settings(deadline=None, max_examples=400)
@given(ascending, st.integers(0, 200), st.text("0123456789 x-+.e\n\0\u0663", max_size=3))
def test_one_spoiled_place_in_a_good_text(steps, place, spoiler):
    at, tokens = 1, []
    for gap, length in steps:
        tokens += [str(at + gap), str(length)]
        at += gap + length
    text = " ".join(tokens)
    text = text[:place] + spoiler + text[place:]
    truth = strict_runs(text)
    if truth is None:
        with pytest.raises(RleFormatError):
            rle.decode(text, SHAPE)
    else:
        np.testing.assert_array_equal(rle.decode(text, SHAPE), reference.decode(text, SHAPE))


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=60))
def test_arbitrary_unicode_is_never_a_crash(text):
    if strict_runs(text) is None:
        with pytest.raises(RleFormatError):
            rle.parse(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 3 9", "run 2 has a start (9) but no length, expected an even number of numbers"),
        ("0 3", "run 1 starts at 0, expected 1 or later (pixels count from 1)"),
        ("5 0", "run 1 has length 0, expected 1 or more"),
        ("1 5 11 10 17 2", "run 3 starts at 17, expected 21 or later"),
        ("601 1", "run 1 starts at 601, expected it inside the 600 pixels of a mask of shape (20, 30)"),
        (
            "600 2",
            "run 1 (start 600, length 2) ends outside the mask, "
            "expected it inside the 600 pixels of a mask of shape (20, 30)",
        ),
        ("1 2,3 4", "character 4 is ',', expected a digit or a space"),
        ("1 2 \u0663 4", "character 5 is byte 0xd9, expected a digit or a space"),
        ("1 2\x00", "character 4 is byte 0x00, expected a digit or a space"),
        ("\ud800", "text holds characters that are not ASCII, expected digits and spaces"),
        (None, 'text is None, expected a string of runs ("" is the empty mask)'),
        (NAN, 'text is nan, expected a string of runs ("" is the empty mask)'),
        (7, "text is of type int, expected a string of runs"),
        (b"1 2", "text is of type bytes, expected a string of runs"),
    ],
)
def test_the_sentence_says_where_what_and_what_was_expected(text, sentence):
    out = np.full(SHAPE, 9, np.uint8)
    for call in (lambda: rle.parse(text, SHAPE), lambda: rle.decode(text, SHAPE, out=out)):
        with pytest.raises(RleFormatError) as caught:
            call()
        assert str(caught.value) == sentence
    assert (out == 9).all()


@pytest.mark.parametrize("number", [2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 + 1, 10**40])
def test_numbers_that_overflow_are_out_of_bounds(number):
    for text in (f"{number} 1", f"1 {number}", f"1 1 3 1 {number} 1", f"2 {number} 5 1"):
        with pytest.raises(RleFormatError, match="expected it inside"):
            rle.parse(text)


def test_touching_runs_are_one_run():
    assert rle.parse("1 2 3 4 7 1", SHAPE).to_airbus() == "1 7"
    assert rle.Rle([[0, 2], [2, 4]], SHAPE) == rle.Rle([[0, 6]], SHAPE)


def test_row_major_texts_are_checked_in_their_own_order():
    with pytest.raises(RleFormatError, match="run 2 starts at 3, expected 6 or later"):
        rle.parse("1 5 3 1", SHAPE, order="C")


def test_error_tree():
    assert issubclass(RleFormatError, ShipedgeError)
    assert issubclass(RleFormatError, ValueError)
    assert RleFormatError.__module__ == "shipedge.errors"


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: rle.parse("", (65536, 65536)), RleFormatError, "expected fewer than 4294967296 pixels"),
        (
            lambda: rle.parse("", (2**70, 1)),
            RleFormatError,
            "height needs more than 64 bits, expected less than 4294967296",
        ),
        (lambda: rle.parse("", (-1, 5)), RleFormatError, "negative side"),
        (lambda: rle.parse("", (5,)), TypeError, "expected (height, width)"),
        (lambda: rle.parse("", "ab"), TypeError, "expected (height, width)"),
        (lambda: rle.parse("", None), TypeError, "expected (height, width)"),
        (lambda: rle.parse("", (5.0, 5)), TypeError, "height is of type float, expected an integer"),
        (lambda: rle.parse("", (5, 5), order="f"), ValueError, "order is 'f', expected 'F'"),
        (lambda: rle.encode([[1]]), TypeError, "mask is of type list, expected a NumPy array"),
        (lambda: rle.encode(np.zeros((3, 3))), TypeError, "mask has dtype float64, expected integers or bool"),
        (lambda: rle.encode(np.array([["a"]])), TypeError, "expected integers or bool"),
        (lambda: rle.encode(np.array([[None]])), TypeError, "expected integers or bool"),
        (lambda: rle.encode(np.zeros(3, np.uint8)), ValueError, "mask has shape (3,), expected (height, width)"),
        (lambda: rle.encode(np.zeros((1, 3, 3), bool)), ValueError, "mask has shape (1, 3, 3)"),
        (
            lambda: rle.encode(np.lib.stride_tricks.as_strided(np.zeros(1, bool), (2**16, 2**16), (0, 0))),
            RleFormatError,
            "expected fewer than 4294967296 pixels",
        ),
    ],
)
def test_wrong_arguments(call, error, sentence):
    with pytest.raises(error) as caught:
        call()
    assert sentence in str(caught.value)


def read_only(shape):
    array = np.zeros(shape, np.uint8)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "error", "sentence"),
    [
        (np.zeros((20, 31), np.uint8), ValueError, "out has shape (20, 31), expected (20, 30)"),
        (np.zeros((20, 30, 1), np.uint8), ValueError, "out has shape (20, 30, 1), expected (20, 30)"),
        (np.zeros((20, 30), np.int8), TypeError, "out has dtype int8, expected uint8"),
        (np.zeros((20, 30), bool), TypeError, "out has dtype bool, expected uint8"),
        (np.zeros((30, 20), np.uint8).T, ValueError, "out is not C-contiguous"),
        (np.zeros((20, 60), np.uint8)[:, ::2], ValueError, "out is not C-contiguous"),
        (read_only((20, 30)), ValueError, "out is read-only, expected a writable array"),
        ([[0]], TypeError, "out is of type list, expected a NumPy array"),
    ],
)
def test_wrong_out(out, error, sentence):
    calls = [
        lambda: rle.decode("1 3", SHAPE, out=out),
        lambda: rle.decode_union(["1 3"], SHAPE, out=out),
        lambda: rle.Rle([[0, 3]], SHAPE).to_mask(out),
    ]
    for call in calls:
        with pytest.raises(error) as caught:
            call()
        assert sentence in str(caught.value)
    assert not np.any(out)
