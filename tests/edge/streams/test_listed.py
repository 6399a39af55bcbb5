"""`--sources FILE`."""

import pytest

from shipedge.errors import ConfigError, DatasetError, SourceError
from shipedge.sources.listed import read_listed


@pytest.fixture
def listed(tmp_path):
    def listed(text):
        (tmp_path / "cameras.toml").write_text(text)
        return read_listed(tmp_path / "cameras.toml")

    return listed


def test_sources_with_their_options(listed, tmp_path, monkeypatch):
    monkeypatch.setenv("CAM_PASSWORD", "s3/cret")
    (tmp_path / "key").write_text("p@ss\n")
    (tmp_path / "roi.json").write_text("[[[0, 0], [9, 0], [9, 9]]]")
    harbor, tower, usb = listed(
        """
        [harbor]
        url = "rtsp://cam.example/stream1?token=s3cret"
        user = "us.er@site"
        password = "${CAM_PASSWORD}"
        fps = 2
        gsd_m = 0.3
        roi = "roi.json"
        [tower]
        url = "http://tower/film"
        name = "old tower"
        user = "me"
        password_file = "key"
        every = 10
        [usb]
        url = "0"
        """
    )
    assert (harbor.name, harbor.kind, harbor.fps, harbor.gsd_m) == ("harbor", "stream", 2.0, 0.3)
    assert harbor.address == "rtsp://us.er%40site:s3%2Fcret@cam.example/stream1?token=s3cret"
    assert harbor.region is not None
    assert "cret" not in repr(harbor)
    assert (tower.name, tower.every, tower.address) == ("old tower", 10, "http://me:p%40ss@tower/film")
    assert (usb.kind, usb.name, usb.address, usb.stem) == ("camera", "usb", "0", "usb")


def test_files_and_folders_are_called_as_streams_are(listed, tmp_path):
    for name in ("in/a.mp4", "in/deep/a.mp4", "in/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    folder = tmp_path / "in"
    sources = listed(
        f"""
        [film]
        url = "{folder}/a.mp4"
        [quay]
        url = "watch:{folder}"
        name = "pier"
        [films]
        url = "{folder}/**/*"
        """
    )
    assert [source.label for source in sources] == ["film", "pier", "films/b.jpg", "films/deep/a.mp4"]
    assert [source.name for source in sources] == [
        *(f"{folder}/a.mp4", "pier", f"{folder}/b.jpg", f"{folder}/deep/a.mp4")  # a file that is read goes by its path
    ]
    assert sources[1].address == str(folder)


def test_a_folder_is_watched_once(listed, tmp_path):
    with pytest.raises(SourceError, match="is given twice, expected once"):
        listed(f"[a]\nurl = 'watch:{tmp_path}'\n[b]\nurl = 'watch:{tmp_path}/'\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no source, expected a table"),
        ("x = 1", "x stands outside of a table"),
        ("[a]\nurl = 's3cret", "not a TOML file"),
        ("[a]\nfps = 1", r"\[a\]: url is missing"),
        ("[a]\nurl = '0'\nurll = 's3cret'", r"\[a\]: urll is not known, expected url, name"),
        ("[a]\nurl = 0", r"\[a\]: url is of another kind, expected a text"),
        ("[a]\nurl = '0'\nfps = 0", r"\[a\]: fps is 0, expected a number above 0"),
        ("[a]\nurl = '0'\nfps = true", r"\[a\]: fps is True, expected a number above 0"),
        ("[a]\nurl = '0'\ngsd_m = nan", r"\[a\]: gsd_m is nan, expected a number above 0"),
        ("[a]\nurl = '0'\nevery = 0", r"\[a\]: every is 0"),
        ("[a]\nurl = '0'\npassword = 's3cret'", r"\[a\]: a user or password for what is no address"),
        ("[a]\nurl = 'rtsp://h/'\npassword = '1'\npassword_file = '2'", "expected one of them"),
        ("[a]\nurl = 'rtsp://h/'\npassword = '${NOT_SET_S}'", "environment variable NOT_SET_S is not set"),
        ("[a]\nurl = 'rtsp://u:s3/cret@h/'", r"\[a\]: rtsp://: the address cannot be taken apart"),
        ("[a]\nurl = 'none.jpg'", "no such file or folder"),
        ("[a]\nurl = '0'\nroi = 'none.json'", "none.json"),
    ],
)
def test_what_makes_no_sense(listed, text, sentence):
    with pytest.raises((ConfigError, SourceError, DatasetError, OSError), match=sentence) as caught:
        listed(text)
    assert "s3" not in str(caught.value).replace(str(caught.value).partition(":")[0], "")
