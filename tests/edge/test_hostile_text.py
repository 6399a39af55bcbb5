"""Names and values that would control a terminal or forge lines, in every command; text that is no JSON of ours."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import logs
from shipedge.cli import terminal

EVIL = "\x1b[31mred\x07\x9b2J\u202e\u2028\x7f\rError: forged"
"""Colors, a bell, a C1 control, a change of direction, other line ends and DEL, without a line feed."""
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these file systems take no such names")


def shipedge(*arguments, folder=None, code="main(sys.argv[1:])", **variables):
    """(exit code, stdout, stderr) of a real process, as bytes of UTF-8."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; from shipedge.cli import main; {code}", *map(os.fsencode, arguments)],
        capture_output=True,
        timeout=120,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **variables},
    )
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def check(result, *, lines=None):
    code, out, err = result
    for text in (out, err):
        assert not FORBIDDEN.search(text), repr(text)
        assert "Traceback" not in text
        assert not any(line.startswith(("Error: forged", "forged")) for line in text.splitlines())
    if lines is not None:
        assert len(err.splitlines()) == lines, err
    return code, out, err


@pytest.fixture(params=["\n", ""], ids=["lines", "one line"])
def evil(request):
    return EVIL + request.param + ("forged" if request.param else "")


@pytest.fixture
def table(tmp_path):
    (tmp_path / "t.csv").write_text("ImageId,EncodedPixels\na.png,1 3\nb.png,\n")
    return tmp_path / "t.csv"


def test_names_of_files_that_are_not_there(tmp_path, evil):
    for arguments in (
        ["predict", evil],
        ["predict", tmp_path, "--bundle", evil],
        ["predict", tmp_path, "--stretch", evil],
        ["evaluate", evil, evil],
        ["masks", evil, evil],
        ["doctor", "--bundle", evil],
        ["rle", "info", evil],
        ["rle", "convert", evil, evil],
        ["rle", "detect-order", evil],
        ["rle", "encode", evil],
        [evil],
        ["--" + evil],
        ["predict", "--" + evil],
        ["predict", "--threads", evil, "x"],
        ["rle", evil],
        ["bench", "rle", "--only", evil],
    ):
        assert check(shipedge(*arguments, folder=tmp_path))[0] != 0, arguments


def test_names_in_a_folder(tmp_path, evil, image):
    folder = tmp_path / "in"
    name = evil.replace("/", "")
    image(folder / "good.png", 40, 60)
    (folder / "good.png").rename(folder / f"{name}.png")
    (folder / f"{name}2.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (folder / f"{name}.txt").write_text("left out")
    code, out, err = check(shipedge("predict", folder, "--out", tmp_path / f"out{name}"))
    assert code == 1
    assert r"\x1b[31mred\x07\x9b2J\u202e\u2028\u007f\rError: forged" in out
    assert "Error: " in err
    code, out, err = check(shipedge("predict", folder, "--out", tmp_path / f"out{name}", "--json"))
    assert f"out{name}" in json.loads(out)["written"][0]
    assert f"{name}2.png" in json.loads(out)["failed"][0]
    assert [frame["source"] for frame in logs.frames(tmp_path / f"out{name}")] == [
        f"{folder}/{name}.png"
    ]  # files stay as they are


def test_files_that_are_read_and_written_well(tmp_path, table, evil):
    name = evil.replace("/", "")
    source = table.rename(tmp_path / f"{name}.csv")
    for arguments in (
        ["evaluate", source, source, "--worst", "2"],
        ["masks", source, tmp_path / f"masks{name}"],
        ["rle", "info", source],
        ["rle", "convert", source, tmp_path / f"{name}.json"],
        ["rle", "detect-order", source],
        ["rle", "info", tmp_path / f"{name}.json", "--json"],
        ["rle", "convert", tmp_path / f"masks{name}", tmp_path / f"new{name}.csv"],
    ):
        assert check(shipedge(*arguments), lines=None)[0] == 0, arguments
    assert (tmp_path / f"masks{name}" / "a.png").is_file()


@pytest.mark.slow
def test_the_training_commands(tmp_path, evil):
    pytest.importorskip("keras", reason="training is not installed")
    name = evil.replace("/", "")
    folder = tmp_path / name
    (folder / "images").mkdir(parents=True)
    (folder / "images" / f"{name}.jpg").write_bytes(b"\xff\xd8 broken")
    (folder / "ships.csv").write_text(f'ImageId,EncodedPixels\n"{name}.jpg",1 3\nb.jpg,x\n', newline="")
    for arguments in (
        ["data", "verify", folder],
        ["data", "verify", folder, "--save", tmp_path / "found.json"],
        ["data", "split", folder],
        ["data", "view", folder, tmp_path / f"page{name}"],
        ["report", folder],
        ["train", folder, "--out", folder],
        ["convert", folder, "--out", tmp_path / "out"],
        ["synth", tmp_path / f"scenes{name}", "--count", "1"],
    ):
        check(shipedge(*arguments))


def test_values_in_json_lines(tmp_path, table, evil):
    for record in (
        {"source": evil, "score": 0.5, "ships": []},
        {"source": "a.png", "score": evil, "ships": []},
        {"source": "a.png", "score": 0.5, "ships": [{"rle": evil}]},
        {"source": "a.png", "score": 0.5, "ships": [], "shape": evil},
        {evil: 1},
    ):
        path = tmp_path / "p.jsonl"
        path.write_text(json.dumps(record) + "\n" + json.dumps({"source": "b.png", "score": 0, "ships": []}))
        assert check(shipedge("evaluate", path, table), lines=1)[0] == 1


def test_values_in_tables(tmp_path, table, evil):
    quoted = evil.replace('"', "")
    (tmp_path / "e.csv").write_text(f'ImageId,EncodedPixels\n"{quoted}",1 3\na.png,"{quoted}"\n', newline="")
    (tmp_path / "h.csv").write_text(f'"{quoted}",EncodedPixels\na.png,1 3\n', newline="")
    for name in ("e.csv", "h.csv"):
        for arguments in (
            ["evaluate", tmp_path / name, table],
            ["evaluate", table, tmp_path / name],
            ["masks", tmp_path / name, tmp_path / "masks"],
            ["rle", "info", tmp_path / name],
            ["rle", "convert", tmp_path / name, tmp_path / "x.json"],
            ["rle", "detect-order", tmp_path / name],
        ):
            assert check(shipedge(*arguments))[0] == 1, arguments


def test_values_in_labels(tmp_path, evil):
    image = {"id": 1, "file_name": f"{evil}.jpg", "height": 10, "width": 10}
    crowd = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": [1, 1, 2, 2]}
    whole = {"images": [image], "annotations": [{**crowd, "segmentation": [[1, 1, 5, 1, 5, 5]]}], "categories": []}
    for content in (whole, {**whole, "annotations": [crowd]}, {"images": [{**image, "height": evil}]}, {evil: [evil]}):
        (tmp_path / "a.json").write_text(json.dumps(content))
        for arguments in (["info", "a.json"], ["convert", "a.json", "b.csv"], ["detect-order", "a.json"]):
            check(shipedge("rle", *arguments, folder=tmp_path))


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("name", None),
        ("models.detector.file", "file is"),
        ("thresholds.pixel", "pixel is"),
        ("preprocessing.color", "is"),
    ],
)
def test_values_in_manifests(make_bundle, edit_manifest, image, tmp_path, evil, key, shown):
    bundle = make_bundle()
    edit_manifest(bundle, key, evil)
    image = image(tmp_path / "a.png", 40, 60)
    code, _, err = check(
        shipedge("predict", image, "--bundle", bundle, "--out", tmp_path), lines=int(shown is not None)
    )
    assert code == int(shown is not None)
    assert (shown or "") in err
    if shown is None:
        code, out, _ = check(shipedge("predict", image, "--bundle", bundle, "--out", tmp_path, "--json"))
        assert json.loads(out)["bundle"] == evil


def test_a_bug_s_traceback_controls_no_terminal_either():
    code = "from shipedge.cli import lazy; lazy.import_module = lambda _: 1 / 0; table = main.commands_by_name"
    code += f"; table[{EVIL!r}] = table['doctor']"
    done = shipedge(EVIL, code=f"{code}; main(sys.argv[1:])")
    assert done[0] == 1
    assert not FORBIDDEN.search(done[2])
    assert "ZeroDivisionError" in done[2]


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
def test_what_anybody_prints_controls_no_terminal(encoding):
    code = "from shipedge.cli import terminal; terminal.prepare()\n"
    code += "import click\nprint(sys.argv[1]); click.echo(sys.argv[1], err=True); print(sys.argv[1], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}", "a\x1b]0;title\x07b"],
        capture_output=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert b"\x1b" not in done.stdout
    assert b"\x07" not in done.stdout
    assert done.stdout == b"a\\x1b]0;title\\x07b\n"
    assert done.stderr.splitlines()[1] == b"a\\x1b]0;title\\x07b"


def test_our_own_bars_still_move():
    code = "from shipedge.cli import terminal; import sys, click; terminal.prepare()\n"
    code += "sys.stderr.write('\\r\\x1b[K12 frames\\x1b[1m'); click.echo('\\r\\x1b[K', err=True, nl=False)\n"
    code += "with click.progressbar(range(2), label='masks', file=sys.stderr) as bar: list(bar)\n"
    main_side, process_side = os.openpty()
    subprocess.run([sys.executable, "-c", code], stderr=process_side, timeout=60, check=True)
    os.close(process_side)
    seen = os.read(main_side, 10_000).decode()
    os.close(main_side)
    assert seen.startswith("\r\x1b[K12 frames\\x1b[1m\r\x1b[K")
    assert "\r\x1b[?25l" in seen
    assert seen.endswith("\x1b[?25h\r\n")
    assert seen.count("\\x1b") == 1


def test_long_lines_lose_their_middle(table, tmp_path):
    name = "x" * 5000
    (tmp_path / "p.jsonl").write_text(json.dumps({"source": name, "score": 0.1, "ships": [], "shape": [9]}))
    code, _, err = check(shipedge("predict", "y" * 100_000), lines=1)
    assert code == 1
    assert len(err) < 1100
    assert "characters) ... y" in err
    assert len(terminal.printable("z" * 10_000_000)) < 1000
    assert terminal.printable("z" * 1000) == "z" * 1000


@pytest.mark.parametrize("text", ["\x7f", "\x9b", "\u2028", "\udce9", "\x00", '"\\'])
def test_json_stays_json_on_the_streams(text):
    code = f"from shipedge.cli import terminal; terminal.prepare(); import json; print(json.dumps({text!r}))"
    assert json.loads(check(shipedge(code=code))[1]) == text


def test_a_lone_surrogate_as_a_name_is_printed(make_bundle, edit_manifest, image, tmp_path):
    bundle = make_bundle()
    edit_manifest(bundle, "name", "\ud800")
    image = image(tmp_path / "a.png", 40, 60)
    code, out, _ = check(shipedge("predict", image, "--bundle", bundle, "--out", tmp_path, "--json"))
    assert (code, json.loads(out)["bundle"]) == (0, "\ud800")


def test_every_line_for_people_goes_through_one_place():
    """`click.echo` is for values of machines; whatever else is printed keeps to its line by `terminal.say`."""
    printed = set()
    for folder in (Path(terminal.__file__).parents[1], Path(terminal.__file__).parents[3] / "python"):
        for path in folder.rglob("*.py"):
            for call in re.findall(r"\b(?:click\.s?echo|print)\((.*)", path.read_text(encoding="utf-8")):
                printed.add((path.name, call))
    names = {
        name for name, call in printed if re.search(r"\{(name|path|source|target|out|note|line|image|folder)\b", call)
    }
    assert names == set()
