"""What a release says about itself in several places is the same in all of them."""

import importlib.util
import re
import sys
import zipfile
from pathlib import Path

import pytest

from shipedge import __version__

ROOT = Path(__file__).parents[2]
OURS = {"dev", "bench"}
"""Extras for those who change shipedge."""


def project():
    tomllib = pytest.importorskip("tomllib", reason="tomllib came with Python 3.11")
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheels():
    spec = importlib.util.spec_from_file_location("wheels", ROOT / "packaging" / "wheels.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["wheels"] = module
    spec.loader.exec_module(module)
    return module


def test_the_version_stands_in_one_place():
    assert project()["version"] == __version__
    assert "VERSION" not in re.search(r"project\(.*?\)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[0]


def test_the_changelog_has_this_version_and_room_for_the_next():
    heads = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads[:2] == ["Unreleased", __version__]


def test_every_extra_is_explained():
    page = (ROOT / "docs" / "guides" / "install.md").read_text(encoding="utf-8")
    names = set(project()["optional-dependencies"]) - OURS
    assert len(names) > 7
    assert {name for name in names if not re.search(rf"`{name}`|\[(?:[\w-]+,)*{name}(?:,[\w-]+)*\]", page)} == set()


def test_extras_that_share_files_do_not_meet():
    """Each brings one OpenCV and one TensorFlow, itself and through the extras that it names."""
    extras = project()["optional-dependencies"]

    def distributions(name):
        found = set()
        for requirement in extras[name]:
            if own := re.match(r"shipedge\[(.*)\]", requirement):
                found |= set().union(*(distributions(part) for part in own[1].split(",")))
            else:
                found.add(re.match(r"[\w-]+", requirement)[0])
        return found

    for name in extras.keys() - OURS:
        found = distributions(name)
        assert len({each for each in found if each.startswith("opencv")}) <= 1, name
    assert "tensorflow-cpu" not in distributions("train-gpu")
    assert not {"tensorflow", "tensorflow-cpu", "opencv-python"} & distributions("train-base")


def test_a_wheel_is_named_for_its_python_and_machine(wheels):
    target = wheels.Target("3.14t", "aarch64")
    assert target.name == "cp314t-aarch64"
    assert target.tags == "cp314-cp314t-manylinux2014_aarch64;cp314-cp314t-manylinux_2_17_aarch64"
    assert wheels.Target("3.10", "x86_64").tags.startswith("cp310-cp310-manylinux2014_x86_64;")


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("tests/test_a.py", "do not belong"),
        ("shipedge/_core.other.so", "modules"),
        ("other/__init__.py", "packages"),
        ("shipedge/models.bin", "expected at most"),
    ],
)
def test_a_wheel_with_what_does_not_belong_is_refused(wheels, tmp_path, monkeypatch, extra, said):
    target = wheels.Target("3.11", "x86_64")
    names = [
        "shipedge/__init__.py",
        f"shipedge/_core{target.suffix}",
        "shipedge_train/__init__.py",
        "s-1.dist-info/licenses/LICENSE",
    ]
    for name, more in (("good.whl", []), ("bad.whl", [extra])):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member in (*names, *more):
                archive.writestr(member, bytes(1000) if member.endswith(".bin") else b"")
    monkeypatch.setattr(wheels, "LARGEST", 1000)
    wheels.check(tmp_path / "good.whl", target)
    with pytest.raises(SystemExit, match=said):
        wheels.check(tmp_path / "bad.whl", target)
