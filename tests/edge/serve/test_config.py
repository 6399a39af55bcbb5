"""The TOML file: what is taken, what is refused, and that no secret is quoted."""

import pytest

from shipedge.errors import ConfigError
from shipedge.serve.config import read_config


def read(tmp_path, text):
    (tmp_path / "serve.toml").write_text(text)
    return read_config(str(tmp_path / "serve.toml"), [])


def test_a_whole_file(tmp_path, monkeypatch):
    monkeypatch.setenv("KEY", "s3cret")
    (tmp_path / "mqtt.txt").write_text("hush\n")
    config, sources = read(
        tmp_path,
        'data = "there"\n[sources.a]\nurl = "0"\n[sources.b]\nurl = "rtsp://x/${KEY}"\nfps = 2\n'
        '[keep]\ndays = 1\nsize = "10MB"\n[rules.z]\nwhen = "enter"\nzone = [[0, 0], [1, 0], [1, 1.5]]\n'
        '[mqtt]\nhost = "h"\npassword_file = "mqtt.txt"\n[webhooks.w]\nurl = "https://x/${KEY}"\npassword = "${KEY}"\n',
    )
    assert config.data == str(tmp_path / "there")
    assert [source.name for source in sources] == ["a", "b"]
    assert config.mqtt is not None
    assert config.mqtt.password == "hush"
    assert (config.webhooks["w"].url, config.webhooks["w"].password) == ("https://x/s3cret", "s3cret")
    assert config.keep.bytes == 10**7
    assert config.server.address == ("127.0.0.1", 8765)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[mqtt]\nhost = "h"\npassword = 77001\n', r"Expected `str`, got `int` - at `\$\.mqtt\.password`"),
        ('[mqtt]\nhost = "h"\nsecret = "77001"\n', "unknown field `secret`"),
        ('[mqtt]\nhost = "h"\ntopic = "a/#"\n', "topic"),
        ('[mqtt]\nhost = "h"\npassword = "a"\npassword_file = "77001"\n', "expected one of them"),
        ('[mqtt]\nhost = "h"\npassword = "${NO_SUCH_77}"\n', "NO_SUCH_77"),
        ('[webhooks.x]\nurl = "ftp://77001"\n', "expected http:// or https://"),
        ('[server]\nlisten = "ships.example:80"\n', "expected such as 127.0.0.1:8765"),
        ('[server]\nlisten = "127.0.0.1:99999"\n', "expected a port of at most 65535"),
        ('[server]\ntoken_hash = "77001"\n', "is no hash"),
        ('[server]\nlisten = "[::]:8765"\n', "which other machines reach"),
        ('[keep]\nsize = "1MB"\n', "expected at least 10MB"),
        ("[keep]\ndays = 0\n", "days"),
        ('[rules.x]\nwhen = "enter"\n', "zone is missing"),
        ('[rules.x]\nwhen = "enter"\nzone = [[0, 0], [1, 1]]\n', "has 2 points"),
        ('[rules.x]\nwhen = "enter"\nzone = [[0, 0], [1, 1], [nan, 0]]\n', "zone"),
        ('[rules.x]\nwhen = "gap"\n', "longer_s is missing"),
        ('[rules.x]\nwhen = "count"\n', "over is missing"),
        ('[rules.x]\nwhen = "track"\nover = 3\n', 'over is for another rule than when = "track"'),
        ('[rules.x]\nwhen = "sunrise"\n', "when"),
        ('[sources.x]\nurl = "-"\n', "standard input is no source of a service"),
        ('[sources.x]\nurl = "0"\n[rules.r]\nwhen = "track"\nsource = "y"\n', "'y', .* expected one of 'x'$"),
        ('[rules.r]\nwhen = "track"\nsource = "y"\n', r"'y', which is no source .* expected a table \[sources"),
        ('[sources.x]\nurl = "{folder}/a.png"\n[sources.y]\nname = "x"\nurl = "0"\n', "two sources are called 'x'"),
        ("sources = 3\n", "expected at most 64 tables"),
        ("password = 77001 = 77001\n", "not a TOML file"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_without_a_secret(tmp_path, text, said):
    (tmp_path / "a.png").touch()
    with pytest.raises(ConfigError, match=said) as raised:
        read(tmp_path, text.replace("{folder}", str(tmp_path)))
    assert str(raised.value).startswith(f"{tmp_path / 'serve.toml'}")
    if "hash" not in text and "ftp" not in text:
        assert "77001" not in str(raised.value)


def test_more_sources_than_a_machine_can_look_at(tmp_path):
    with pytest.raises(ConfigError, match="at most 64"):
        read(tmp_path, "".join(f'[sources.s{k}]\nurl = "{k}"\n' for k in range(65)))
