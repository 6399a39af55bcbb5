"""Manifests that would end in a traceback: one sentence each."""

import pytest

from shipedge.bundle import load_bundle
from shipedge.errors import BundleError

DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"format": 1', f'"format": {DEEP}', "is not JSON (it is nested too deeply)"),
        ('"pixel": 0.5', f'"pixel": 1{"0" * 400}', "thresholds.pixel is inf, expected between 0 and 1"),
        ('"pixel": 0.5', f'"pixel": 1{"0" * 10_000}', "thresholds.pixel is inf, expected between 0 and 1"),
        ('"pixel": 0.5', '"pixel": 1e999', "thresholds.pixel is inf, expected between 0 and 1"),
        ('"pixel": 0.5', '"pixel": 0.3, "pixel": 0.5', "is not JSON (the key 'pixel' comes twice in one object)"),
        ('"min_area": 12', f'"min_area": {2**40}', "min_area is 1099511627776, expected 1 to 4294967294 pixels"),
        ('"min_area": 12', f'"min_area": 1{"0" * 299}', "min_area is a number of 300 digits, expected 1 to"),
        ('"min_area": 12', f'"min_area": 12, "small_area": {2**63}', "thresholds.small_area is a number of 20 digits"),
        ('"detector.tflite"', r'"\ud800.tflite"', "is missing in the bundle"),
        ('"detector.tflite"', f'"{"x" * 5000}"', "cannot read xxx"),
        ('"sha256": "', r'"sha256": "\ud800', "is damaged: its SHA-256 is"),
        ('"bytes": ', '"bytes": 1000000000000', "expected 1 to 2147483648"),
        ('"bytes": ', '"bytes": -', "models.detector.bytes is -"),
        ('"input": [1, 768', f'"input": [1, 1{"0" * 400}', "expected [1, height, width, 3]"),
        ('"input": [1, 768, 768', f'"input": [1, 1{"0" * 200}, 1{"0" * 200}', "turns 1"),
        ('"color": "RGB"', f'"color": {"[" * 300}{"]" * 300}', "preprocessing.color is a list of 1, but"),
        ('"name": "toy"', f'"name": "{"x" * (1 << 20)}"', "is over 1 MiB long, expected a few KB"),
    ],
)
def test_manifests_that_would_end_in_a_traceback(make_bundle, old, new, message):
    bundle = make_bundle()
    path = bundle / "manifest.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BundleError) as caught:
        load_bundle(bundle)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
