"""The versions that pyproject.toml allows are those that were tested: constraints.txt and tests/oldest.txt."""

import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
FULL = {"base", "edge", "train", "dev"}
"""Parts of which everything is pinned; the others are alternatives (headless, tflite) or comparisons (bench)."""

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")


def required():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = {"base": project["dependencies"], **project["optional-dependencies"]}
    return {part: [Requirement(line) for line in lines] for part, lines in parts.items()}


def pinned(path):
    lines = (line for line in (ROOT / path).read_text().splitlines() if not line.startswith("#"))
    return {name: Version(version) for name, _, version in (line.partition("==") for line in lines)}


@pytest.mark.parametrize("path", ["constraints.txt", "tests/oldest.txt"])
def test_what_was_tested_is_allowed(path):
    versions = pinned(path)
    parts = FULL if path == "constraints.txt" else {"base", "edge"}
    for part, requirements in required().items():
        for one in requirements:
            if part in parts and one.name != "shipedge" and (one.marker is None or one.marker.evaluate()):
                assert one.name in versions, f"{part} needs {one.name}, which is not in {path}"
            if part in parts and one.name in versions:
                assert versions[one.name] in one.specifier, f"{path}: {one.name}"


def test_the_oldest_versions_are_those_that_are_declared():
    """Not a newer one: 8.2.0 for >=8.2, and the first that was published where that is later."""
    # What a device needs counts, where that is more than masks alone need.
    for one in {one.name: one for part in ("base", "edge") for one in required()[part]}.values():
        (least,) = re.findall(r">=([\d.]+)", str(one.specifier))
        oldest = pinned("tests/oldest.txt")[one.name]
        assert oldest.release[: len(Version(least).release)] == Version(least).release, one.name
