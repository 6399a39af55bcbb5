"""Manifests: lists of what to read."""

import tarfile

import pytest

import scale_results

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")


@pytest.fixture
def shard(six_images, tmp_path):
    """The six images as tmp_path/s.tar."""
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for name in six_images:
            archive.add(tmp_path / "in" / name, name)
    return tmp_path / "s.tar"


def test_manifests(predict, six_images, shard, tmp_path):
    lines = ["in/0.png", "# a note", "", '{"url": "in/1.png"}', '{"url": 3}', "{", "in/none.png", "in/0.png", "s.tar"]
    (tmp_path / "list.txt").write_text("\n".join(lines) + "\n")
    for options in (["@list.txt"], ["--manifest", "list.txt"]):
        done = predict(*options, "--out", f"out{len(options)}")
        assert done.exit_code == 1
        assert "1 file is given twice and read once" in done.stderr
        found = scale_results.results(tmp_path / f"out{len(options)}")
        assert [one["source"] for one in found if one["event"] == "frame"] == [
            "in/0.png",
            "in/1.png",
            *(f"s.tar/{name}" for name in six_images),
        ]
        messages = sorted(one["message"] for one in found if one["event"] == "error")
        assert messages == [
            "in/none.png: no such file or folder",
            "list.txt: line 5: url is 3, expected a path or an address",
            messages[2],
        ]
        assert messages[2].startswith("list.txt: line 6: is no JSON: ")


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        ('{"url": "in/0.png", "sha": "00"}', "l.txt: line 1: has the key 'sha', expected url, size and sha256"),
        ('{"url": "\\ud800.jpg"}', "l.txt: line 1: url is '\\ud800.jpg', which no file can be called"),
        ('{"url": "s.tar", "size": 3}', "s.tar: has a size or a checksum in the manifest, which images alone may have"),
        ('{"url": "in", "size": 3}', "in: has a size or a checksum in the manifest, which images alone may have"),
        ("# nothing", "l.txt: lists nothing, expected a path or an address on a line"),
    ],
)
def test_lines_of_manifests_that_are_refused(predict, six_images, shard, tmp_path, line, trouble):
    (tmp_path / "l.txt").write_text(line + "\n")
    done = predict("@l.txt", "--out", "out")
    assert done.exit_code == 1
    assert [one["message"] for one in scale_results.results(tmp_path / "out")] == [trouble]
