"""The index of a CSV as a mapping that decodes; what it accepts and refuses is in tests/edge/test_airbus_format.py."""

import csv
import io
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from shipedge import airbus, rle
from shipedge.airbus import check_image_id
from shipedge.errors import DatasetError

HEADER = "ImageId,EncodedPixels\n"
ROWS = HEADER + "a.jpg,1 2\nb.jpg,\na.jpg,9 1\nc.jpg,3 x\n"


@pytest.fixture
def index(tmp_path: Path) -> rle.CsvIndex:
    path = tmp_path / "ships.csv"
    path.write_text(ROWS)
    return rle.open_csv(path)


def test_it_is_a_mapping_in_file_order(index: rle.CsvIndex) -> None:
    assert isinstance(index, Mapping)
    assert len(index) == 3
    assert index.rows == 4
    assert list(index) == list(index.keys()) == ["a.jpg", "b.jpg", "c.jpg"]
    assert index["a.jpg"] == ["1 2", "9 1"]
    assert index["b.jpg"] == [] == index.get("b.jpg")
    assert index == {"a.jpg": ["1 2", "9 1"], "b.jpg": [], "c.jpg": ["3 x"]}
    assert index != {"a.jpg": ["1 2", "9 1"]}
    assert list(index.values()) == [["1 2", "9 1"], [], ["3 x"]]
    assert repr(index).endswith("ships.csv', images=3, rows=4)")


@pytest.mark.parametrize("key", ["d.jpg", "", "a.jp", "a.jpg\0", "\udc80", None, 3, ("a.jpg",)])
def test_what_is_not_there(index: rle.CsvIndex, key: object) -> None:
    assert key not in index
    assert index.get(key) is None
    assert index.get(key, 7) == 7
    for ask in (index.__getitem__, index.decode, index.ships):
        with pytest.raises(KeyError) as caught:
            ask(key)
        assert caught.value.args == (key,)


def test_it_decodes(index: rle.CsvIndex) -> None:
    expected = reference.decode("1 2", (5, 4)) | reference.decode("9 1", (5, 4))
    out = np.full((5, 4), 9, np.uint8)
    assert index.decode("a.jpg", (5, 4), out) is out
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(index.decode("b.jpg"), np.zeros((768, 768), np.uint8))
    batch = np.full((3, 5, 4), 9, np.uint8)
    index.decode_batch(["a.jpg", "b.jpg", "a.jpg"], batch)
    np.testing.assert_array_equal(batch, [expected, 0 * expected, expected])
    assert [ship.to_airbus() for ship in index.ships("a.jpg", (5, 4))] == ["1 2", "9 1"]
    assert index.ships("b.jpg") == []


def test_a_bad_text_is_named_and_nothing_is_written(index: rle.CsvIndex) -> None:
    sentence = r"ships\.csv: line 5: image 'c\.jpg': character 3 is 'x', expected a digit or a space"
    out = np.full((2, 5, 4), 9, np.uint8)
    with pytest.raises(DatasetError, match=sentence):
        index.decode("c.jpg", (5, 4), out[0])
    with pytest.raises(DatasetError, match=sentence):
        index.decode_batch(["a.jpg", "c.jpg"], out)
    with pytest.raises(DatasetError, match=sentence):
        index.ships("c.jpg")
    assert (out == 9).all()
    assert index.line("c.jpg", 0) == 5
    assert index.line("a.jpg", 1) == 4
    with pytest.raises(IndexError, match=r"ship 1 of 'c\.jpg', which has 1"):
        index.line("c.jpg", 1)


@pytest.mark.parametrize(
    ("ids", "out", "error", "sentence"),
    [
        (["a.jpg"], np.zeros((2, 4, 4), np.uint8), ValueError, "ids holds 1 images, expected 2 as out has"),
        ("a.jpg", np.zeros((1, 4, 4), np.uint8), TypeError, "ids is one string, expected a list"),
        (["a.jpg"], np.zeros((1, 4, 4)), TypeError, "out has dtype float64, expected uint8"),
        (["d.jpg"], np.zeros((1, 4, 4), np.uint8), KeyError, "d.jpg"),
    ],
)
def test_wrong_batches(index: rle.CsvIndex, ids: object, out: np.ndarray, error: type, sentence: str) -> None:
    with pytest.raises(error) as caught:
        index.decode_batch(ids, out)
    assert sentence in str(caught.value)


fields = st.text('a.,\n\r" 0\t\x1cé\xa0', max_size=6)


@given(st.lists(st.tuples(fields, fields), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_python_writes_what_we_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], line_end: str
) -> None:
    file = io.StringIO()
    csv.writer(file, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows([("ImageId", "EncodedPixels"), *rows])
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(file.getvalue().encode())
    expected: dict[str, list[str]] = {}
    spoiled = {name for name, _ in rows if check_image_id(name)}
    for name, text in rows:
        ships = expected.setdefault(name, [])
        if text.strip():
            ships.append(text.strip())
        if any(one == name and bool(other.strip()) != bool(text.strip()) for one, other in rows):
            spoiled.add(name)  # said to have ships and none
    index = rle.open_csv(path, complaints=[])
    assert index == {name: ships for name, ships in expected.items() if name not in spoiled}
    assert index.rows == len(rows)


@pytest.mark.parametrize("again", [[], range(0, 9000, 10)])
def test_a_large_file_read_on_two_threads(tmp_path: Path, again: Sequence[int]) -> None:
    rng = np.random.default_rng(1)
    rows = [(f"{number:08x}.jpg", f"{number + 1} {rng.integers(1, 9)} " * 70) for number in range(9000)]
    rows += [(f"{number:08x}.jpg", "1 1") for number in again]
    rows += [(f"empty {number}.jpg", "") for number in range(9000)]
    path = tmp_path / "large.csv"
    path.write_text(HEADER + "".join(f"{name},{text}\n" for name, text in rows))
    assert path.stat().st_size > 4 << 20
    expected: dict[str, list[str]] = {}
    for name, text in rows:
        expected.setdefault(name, []).extend([text.strip()] * bool(text))
    index = rle.open_csv(path)
    assert list(index) == list(expected)
    assert index == expected
    path.write_text("the file may change now")
    assert index == expected


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "a.jpg,1 2\n")

    def longer(name: str, file: int, size: int, name_ok: object) -> rle.CsvIndex | None:
        return index_file(name, file, size + 100, name_ok)

    index_file = airbus.index_file
    assert index_file is not None
    monkeypatch.setattr(airbus, "index_file", longer)
    assert rle.open_csv(path) == {"a.jpg": ["1 2"]}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(ROWS))
    writer.start()
    assert len(rle.open_csv(pipe)) == 3
    writer.join()


def test_a_file_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airbus, "_MOST_UNPACKED", 1 << 20)
    for name in ("x.csv.gz", "x.csv.xz"):
        airbus.write_airbus(tmp_path / name, [("a.jpg", ["1 1 " * (1 << 19)])])
        assert (tmp_path / name).stat().st_size < 10_000
        with pytest.raises(DatasetError, match=r"holds more than 1 MiB, expected less"):
            rle.open_csv(tmp_path / name)


def test_a_gigantic_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.truncate(1 << 31)
    with pytest.raises(DatasetError, match=r"has 2147483648 bytes, expected fewer than 2147483648"):
        rle.open_csv(path)


def test_threads_share_an_index(index: rle.CsvIndex) -> None:
    expected = index.decode("a.jpg", (50, 40))

    def work(_number: int) -> bool:
        with pytest.raises(DatasetError, match="line 5"):
            index.ships("c.jpg")
        return index["a.jpg"] == ["1 2", "9 1"] and bool((index.decode("a.jpg", (50, 40)) == expected).all())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(200)))
