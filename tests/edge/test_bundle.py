import shutil
from dataclasses import asdict
from hashlib import sha256

import pytest

from shipedge.bundle import Thresholds, load_bundle
from shipedge.errors import BundleError


def test_loads_what_the_manifest_says(toy_bundle_dir):
    bundle = load_bundle(toy_bundle_dir)
    assert bundle.name == "toy"
    assert bundle.thresholds == Thresholds(image=0.5, cell=0.35, pixel=0.5, min_area=12)
    assert bundle.detector.content == (toy_bundle_dir / "detector.tflite").read_bytes()
    assert bundle.segmenter.input == (1, 384, 384, 3)
    assert bundle.segmenter.quantize == "int8"
    assert bundle.manifest["models"]["detector"]["parameters"] == 6


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_flipped_bit_is_found(make_bundle, place):
    model = make_bundle() / "segmenter.tflite"
    content = bytearray(model.read_bytes())
    content[place] ^= 4
    model.write_bytes(content)
    with pytest.raises(BundleError, match=r"segmenter\.tflite in .* is damaged: its SHA-256 is"):
        load_bundle(model.parent)


def test_truncated_model_is_found(make_bundle):
    model = make_bundle() / "detector.tflite"
    content = model.read_bytes()
    model.write_bytes(content[: len(content) // 2])
    with pytest.raises(BundleError, match=r"detector\.tflite .* is damaged: \d+ bytes, the manifest says"):
        load_bundle(model.parent)


@pytest.mark.parametrize("name", ["detector.tflite", "segmenter.tflite", "manifest.json"])
def test_missing_file_is_named(make_bundle, name):
    bundle = make_bundle()
    (bundle / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        load_bundle(bundle)


def test_model_that_is_a_folder(make_bundle):
    bundle = make_bundle()
    (bundle / "detector.tflite").unlink()
    (bundle / "detector.tflite").mkdir()
    with pytest.raises(BundleError, match=r"detector\.tflite is missing in .*, or is no regular file"):
        load_bundle(bundle)


def test_no_folder(tmp_path):
    with pytest.raises(BundleError, match="no bundle at"):
        load_bundle(tmp_path / "nothing")


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "\xff\xfe"])
def test_manifest_that_is_no_object(make_bundle, text):
    bundle = make_bundle()
    (bundle / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(BundleError, match=r"manifest\.json in "):
        load_bundle(bundle)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 2, "bundle format 2, but this shipedge reads format 1"),
        ("format", True, "format is True, expected int"),
        ("name", ..., "name is missing"),
        ("models", ..., "models is missing"),
        ("models.detector", 5, "models.detector is 5, expected dict"),
        ("models.detector.file", ..., "models.detector.file is missing"),
        ("models.detector.reduce", 3, "models.detector.reduce is 3, expected 1, or of a detector 2"),
        ("models.segmenter.reduce", 2, "models.segmenter.reduce is 2, expected 1"),
        ("models.detector.variants", {"int8": {}}, "models.detector.variants has 'int8', expected other ones"),
        ("models.detector.variants", {"float16": {}}, "models.detector.variants.float16.file is missing"),
        ("points", {"bold": {}}, "points.'bold' is not known, expected balanced or sensitive"),
        ("points", {"sensitive": {"cell": 2}}, "points.sensitive.image is missing"),
        ("models.detector.sha256", 5, "models.detector.sha256 is 5, expected str"),
        ("models.detector.file", "../detector.tflite", "expected a plain file name"),
        ("models.detector.file", "/etc/passwd", "expected a plain file name"),
        ("models.detector.file", "..", "expected a plain file name"),
        ("models.detector.quantize", "int4", "expected one of int8, float16, none"),
        ("models.detector.input", [1, 768, 768], "expected \\[1, height, width, 3\\]"),
        ("models.detector.input", [1, 770, 770, 3], "multiple of 32"),
        ("models.detector.input", [1, 768, 384, 3], "expected a square"),
        ("models.detector.output", [1, 48, 48, 1], "expected one per 32 pixels"),
        ("models.segmenter.output", [1, 192, 192, 1], "is not the size of its input"),
        ("models.segmenter.output", [1, 384, 384, 2], "expected \\[1, height, width, 1\\]"),
        ("preprocessing.color", "BGR", "preprocessing.color is 'BGR', but this shipedge prepares 'RGB'"),
        ("preprocessing.range", [0, 1], "preprocessing.range is \\[0, 1\\]"),
        ("thresholds.pixel", 1.0, "expected between 0 and 1"),
        ("thresholds.cell", "0.5", "thresholds.cell is '0.5', expected number"),
        ("thresholds.image", float("nan"), "expected between 0 and 1"),
        ("thresholds.min_area", 0, "expected 1 to 4294967294 pixels"),
        ("thresholds.min_area", 1.5, "expected int"),
        ("thresholds.core", 1.0, "thresholds.core is 1.0, expected between 0 and 1"),
        ("thresholds.small_area", -1, "expected 0 to 4294967294 pixels"),
        ("thresholds.small_score", "high", "thresholds.small_score is 'high', expected number"),
        ("thresholds.fill_holes", 1, "thresholds.fill_holes is 1, expected true or false"),
        ("thresholds.rectangles", "yes", "thresholds.rectangles is 'yes', expected true or false"),
    ],
)
def test_bad_manifest_is_one_sentence(make_bundle, edit_manifest, key, value, message):
    bundle = make_bundle()
    edit_manifest(bundle, key, value)
    with pytest.raises(BundleError, match=message) as caught:
        load_bundle(bundle)
    assert "\n" not in str(caught.value)


def test_all_thresholds_are_read(make_bundle, edit_manifest):
    wanted = Thresholds(0.4, 0.3, 0.6, 20, small_area=100, small_score=0.7, core=0.8, fill_holes=True, rectangles=True)
    bundle = make_bundle()
    edit_manifest(bundle, "thresholds", asdict(wanted))
    assert load_bundle(bundle).thresholds == wanted


def test_bundle_path_with_spaces_and_umlauts(toy_bundle_dir, tmp_path):
    copy = tmp_path / "Bündel für Boote"
    shutil.copytree(toy_bundle_dir, copy)
    assert load_bundle(str(copy)).name == "toy"


def test_variants_and_points(make_bundle, edit_manifest, toy_models):
    bundle = make_bundle()
    for kind, content in zip(("detector", "segmenter"), toy_models["float16"], strict=True):
        (bundle / f"{kind}.float16.tflite").write_bytes(content)
        entry = {"file": f"{kind}.float16.tflite", "sha256": sha256(content).hexdigest(), "bytes": len(content)}
        assert load_bundle(bundle).variant("float16") is None  # only when every model has it
        edit_manifest(bundle, f"models.{kind}.variants", {"float16": entry})
    sensitive = asdict(load_bundle(bundle).thresholds) | {"cell": 0.1, "image": 0.2}
    edit_manifest(bundle, "points", {"sensitive": sensitive})
    loaded = load_bundle(bundle)
    assert [model.content for model in loaded.variant("float16")] == [*toy_models["float16"]]
    assert loaded.variant("int8") is loaded.models
    assert loaded.variant("none") is None
    assert loaded.points == {"careful": loaded.thresholds, "sensitive": Thresholds(**sensitive)}


def test_a_refiner_is_of_one_size(make_bundle, edit_manifest):
    bundle = make_bundle()
    assert load_bundle(bundle).refiner is None
    edit_manifest(bundle, "models.refiner", load_bundle(bundle).manifest["models"]["detector"])
    with pytest.raises(BundleError, match=r"the refiner turns \(1, 768, 768, 3\) .* expected \(1, 64, 128, 3\) into"):
        load_bundle(bundle)
    edit_manifest(bundle, "models.refiner", None)
    with pytest.raises(BundleError, match=r"models\.refiner is missing, expected dict"):
        load_bundle(bundle)
