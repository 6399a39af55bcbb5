"""The Airbus CSV: what is read, what is refused and with which words."""

import gzip
import lzma
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipedge.airbus import MOST_FAULTS, check_image_id, open_csv, read_airbus, write_airbus
from shipedge.errors import DatasetError

HEADER = "ImageId,EncodedPixels\n"


def csv(folder: Path, text: str | bytes, name: str = "ships.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ImageId,EncodedPixels\na.jpg,1 2\nb.jpg,\na.jpg,9 1\n", id="plain"),
        pytest.param(
            "\ufeffImageId,EncodedPixels\na.jpg,1 2\nb.jpg,\na.jpg,9 1", id="byte order mark, no last newline"
        ),
        pytest.param("ImageId,EncodedPixels\r\na.jpg,1 2\r\nb.jpg,\r\na.jpg,9 1\r\n", id="CRLF"),
        pytest.param("\nImageId,EncodedPixels\n\na.jpg,1 2\n\n\nb.jpg,\na.jpg,9 1\n\n", id="blank lines"),
        pytest.param('"ImageId","EncodedPixels"\n"a.jpg","1 2"\n"b.jpg",""\n"a.jpg","9 1"\n', id="quotes"),
        pytest.param("ImageId,EncodedPixels\na.jpg, 1 2 \nb.jpg,  \na.jpg,9 1\n", id="spaces around the pixels"),
    ],
)
def test_rows_are_grouped_by_image(tmp_path: Path, text: str) -> None:
    assert read_airbus(csv(tmp_path, text)) == {"a.jpg": ["1 2", "9 1"], "b.jpg": []}


def test_compression_goes_by_suffix(tmp_path: Path) -> None:
    data = (HEADER + "a.jpg,1 2\n").encode()
    assert read_airbus(csv(tmp_path, gzip.compress(data), "a.csv.gz")) == {"a.jpg": ["1 2"]}
    assert read_airbus(csv(tmp_path, lzma.compress(data), "a.csv.xz")) == {"a.jpg": ["1 2"]}
    for suffix in (".gz", ".xz"):
        with pytest.raises(DatasetError, match=f"not a whole {suffix} file"):
            read_airbus(csv(tmp_path, data, f"b{suffix}"))
    with pytest.raises(DatasetError, match=r"not a whole \.gz file"):
        read_airbus(csv(tmp_path, gzip.compress(data)[:-9], "c.gz"))


def test_a_row_of_a_dense_mask_fits(tmp_path: Path) -> None:
    dense = " ".join(f"{start} 1" for start in range(1, 768 * 768, 2))
    assert read_airbus(csv(tmp_path, f"{HEADER}a.jpg,{dense}\n")) == {"a.jpg": [dense]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty, expected the header"),
        ("\n\n", "is empty, expected the header"),
        ("a.jpg,1 2\n", "line 1: header is 'a.jpg,1 2', expected 'ImageId,EncodedPixels'"),
        ("ImageId;EncodedPixels\n", "header is 'ImageId;EncodedPixels'"),
        (HEADER + "a.jpg\n", "line 2: found 1 fields, expected 2"),
        (HEADER + "b.jpg,\n\na.jpg,1,2\n", "line 4: found 3 fields, expected 2"),
        (HEADER + ",1 2\n", "line 2: ImageId is empty"),
        (HEADER + "../a.jpg,1 2\n", "line 2: ImageId '../a.jpg' is not a plain file name"),
        (HEADER + "..,1 2\n", "line 2: ImageId '..' is not a plain file name"),
        (HEADER + "a\\b.jpg,1 2\n", "is not a plain file name"),
        (HEADER + "C:a.jpg,1 2\n", "is not a plain file name"),
        (HEADER + "/etc/passwd,\n", "is not a plain file name"),
        (HEADER + " a.jpg,\n", "has spaces around it"),
        (HEADER + "a" * 201 + ",\n", "longer than 200 bytes"),
        (HEADER + "a.jpg,1 2\na.jpg,\n", "line 3: image 'a.jpg' is said to have no ship, but earlier rows give it 1"),
        (HEADER + "a.jpg,\na.jpg,1 2\n", "line 3: image 'a.jpg' has a ship, but an earlier row says it has none"),
        (HEADER + 'a.jpg,"1 2\n', "not a CSV row"),
        (HEADER.encode() + b"a.jpg,1 2\n\xff.jpg,\n", r"line 3: not UTF-8 text (byte 0xff)"),
        (HEADER.encode() + b'"a"b.jpg,1 2\n\xff.jpg,\n', r"line 3: not UTF-8 text (byte 0xff)"),
    ],
)
def test_a_bad_table_is_one_sentence_with_its_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    path = csv(tmp_path, text)
    with pytest.raises(DatasetError) as caught:
        read_airbus(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"cannot read .*absent\.csv"):
        read_airbus(tmp_path / "absent.csv")


def test_complaints_leave_out_the_whole_image(tmp_path: Path) -> None:
    complaints: list[str] = []
    path = csv(tmp_path, HEADER + "a.jpg,1 2\nb.jpg,1 2\na.jpg,5 1,7\n../c,1 1\nd.jpg,\n")
    assert read_airbus(path, complaints=complaints) == {"b.jpg": ["1 2"], "d.jpg": []}
    assert [sentence.partition("csv: ")[2].partition(":")[0] for sentence in complaints] == ["line 4", "line 5"]


def test_a_bad_ship_string_is_found_by_its_line(tmp_path: Path) -> None:
    path = csv(tmp_path, HEADER + "b.jpg,\na.jpg,1 2\nb2.jpg,1 1\n\na.jpg,9 x\n")
    index = open_csv(path)
    with pytest.raises(DatasetError, match=r"ships\.csv: line 6: image 'a\.jpg': character 3 is 'x'"):
        index.ships("a.jpg")
    assert [ship.area for ship in index.ships("b2.jpg")] == [1]


ids = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12).filter(
    lambda text: check_image_id(text) is None
)
ships = st.lists(st.sampled_from(["1 2", "9 1 20 3", "589824 1"]), max_size=3)


@given(st.dictionaries(ids, ships, max_size=6), st.sampled_from(["x.csv", "x.csv.gz", "x.csv.xz"]))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: dict, name: str) -> None:
    path = tmp_path_factory.mktemp("airbus") / name
    write_airbus(path, rows.items())
    assert read_airbus(path) == rows
    assert [entry.name for entry in path.parent.iterdir()] == [name]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a/b", [])], "not a plain file name"),
        ([("a", []), ("a", ["1 1"])], "comes twice"),
        ([("a", ["1 1", " "])], "empty ship string"),
    ],
)
def test_bad_rows_are_not_written(tmp_path: Path, rows: list, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        write_airbus(tmp_path / "x.csv", rows)
    assert list(tmp_path.iterdir()) == []


@given(st.one_of(st.binary(max_size=200), st.text('a.,\n\r"0 1x/\\', max_size=80).map(lambda t: (HEADER + t).encode())))
def test_any_bytes_are_rows_or_a_known_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = csv(tmp_path_factory.mktemp("fuzz"), data)
    complaints: list[str] = []
    with suppress(DatasetError):  # nothing else may come out
        index = open_csv(path, complaints=complaints)
        for image in index:
            assert check_image_id(image) is None
            index.ships(image)
    assert all("\n" not in sentence for sentence in complaints)
    if complaints:
        with pytest.raises(DatasetError) as caught:
            read_airbus(path)
        assert str(caught.value) == complaints[0]


def test_more_bad_rows_than_anybody_reads_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("ImageId,EncodedPixels\n" + "a\n" * (MOST_FAULTS + 500) + "b.jpg,1 5\n")
    with pytest.raises(DatasetError, match="line 2: found 1 fields"):
        open_csv(path)
    complaints: list[str] = []
    assert list(open_csv(path, complaints=complaints)) == ["b.jpg"]
    assert len(complaints) == MOST_FAULTS + 2  # the last one may be what ended the reading, so it is always told
    assert complaints[-1] == f"{path}: 499 more bad rows"


def test_a_small_file_does_not_unpack_to_hundreds_of_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"ImageId,EncodedPixels\n" + b"a\n" * (60 << 20)))
    assert path.stat().st_size < 1 << 18
    with pytest.raises(DatasetError, match=r"holds more than 7\d MiB, expected less"):
        open_csv(path)
