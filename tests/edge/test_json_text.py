"""JSON of anybody is a value, or a ValueError in words."""

import pytest

from shipedge.files.json_text import loads

DEEP = "[" * 100_000


@pytest.mark.parametrize("text", [DEEP, '{"a":' * 100_000, "", "{", "nul", b"\xff"])
def test_json_that_is_none_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"\w"):
        loads(text)


def test_json_that_is_odd_is_read():
    assert loads(b'\xef\xbb\xbf{"a": [NaN, Infinity, 1e999, "\\ud800", -0]}')["a"][1:] == [float("inf")] * 2 + [
        "\ud800",
        0,
    ]
    assert loads("1" * 300) == int("1" * 300)
    assert loads("-" + "1" * 5000) == -float("inf")
    many = ", ".join(f'"{k}": 1' for k in range(100_000))
    with pytest.raises(ValueError, match="the key '7' comes twice"):  # and takes no quadratic time to say so
        loads(f'{{{many}, "7": 2}}')
