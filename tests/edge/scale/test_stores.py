"""Object stores and servers that answer for real: S3 as moto serves it, and a plain HTTP server."""

import functools
import os
import shutil
import threading
from contextlib import ExitStack
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import scale_results

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")
pytest.importorskip("fsspec", reason="fsspec is not installed (extra scale)")


@pytest.fixture
def images(image, tmp_path):
    """Six images in tmp_path/in."""
    for k in range(6):
        image(tmp_path / "in" / f"{k}.png", 300, 400, (50 + 20 * k, 60, 90 + 20 * k, 80))
    return tmp_path / "in"


@pytest.fixture
def shard(images, tmp_path):
    """The same as tmp_path/s.tar."""
    import tarfile

    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for path in sorted(images.iterdir()):
            archive.add(path, path.name)
    return tmp_path / "s.tar"


@pytest.fixture
def bucket(images, shard, monkeypatch):
    """A bucket of S3 with the folder in/ and s.tar."""
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    import boto3

    served = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    served.start()
    host, port = served.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "of-nobody",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="ships")
    for path in sorted(images.iterdir()):
        client.upload_file(str(path), "ships", f"in/{path.name}")
    client.upload_file(str(shard), "ships", "s.tar")
    s3fs.S3FileSystem.clear_instance_cache()  # which knows the server of another test
    yield "s3://ships"
    served.stop()


@pytest.fixture
def serve(tmp_path):
    """serve(kind of handler): the address of a server of the files in tmp_path."""
    with ExitStack() as stack:

        def start(kind):
            served = stack.enter_context(
                ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(kind, directory=str(tmp_path)))
            )
            thread = threading.Thread(target=served.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(served.shutdown)
            return f"http://127.0.0.1:{served.server_port}"

        yield start


@pytest.fixture
def server(serve):
    """A server of the files in tmp_path."""
    return serve(SimpleHTTPRequestHandler)


def same(found, wanted):
    """Whether two runs say the same of images whose names have one end."""
    short = lambda name: name.rpartition("/")[2]  # noqa: E731
    found, wanted = ([{**one, "source": short(one["source"])} for one in run] for run in (found, wanted))
    return found == wanted and len(found) == 6


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_s3(predict, images, bucket, tmp_path):
    predict("in", "--out", "folder")
    wanted = scale_results.results(tmp_path / "folder")
    manifest = "".join(f"{bucket}/in/{path.name}\n" for path in sorted(images.iterdir()))
    (tmp_path / "list.txt").write_text(manifest)
    sources = [f"{bucket}/in/", f"{bucket}/in", f"{bucket}/in/*.png", f"{bucket}/s.tar", "@list.txt"]
    for number, source in enumerate(sources):
        done = predict(source, "--workers", "2", "--block-images", "2", "--out", str(number))
        assert done.exit_code == 0, (source, done.stderr)
        assert same(scale_results.results(tmp_path / str(number)), wanted), source
    done = predict(f"{bucket}/in/none.png", f"{bucket}/in/0.png", "--out", "missing")
    assert done.exit_code == 1
    (failure,) = [one for one in scale_results.results(tmp_path / "missing") if one["event"] == "error"]
    assert failure["message"] == f"{bucket}/in/none.png: no such file or folder"
    for nothing in (f"{bucket}/in/*.gif", f"{bucket}/none*.tar", "s3://of-nobody/*.png"):
        assert predict(nothing, "--out", "nothing", "--fresh").exit_code == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_object_of_s3_that_changes(predict, images, bucket, tmp_path):
    import boto3

    client = boto3.client("s3")
    assert predict(f"{bucket}/in/0.png", "--out", "one").exit_code == 0
    client.upload_file(str(images / "1.png"), "ships", "in/0.png")
    assert predict(f"{bucket}/in/0.png", "--out", "one").exit_code == 0
    assert predict("in/1.png", "--out", "local").exit_code == 0
    (found,), (wanted,) = (scale_results.results(tmp_path / out) for out in ("one", "local"))
    assert found["ships"] == wanted["ships"]


def test_http(predict, shard, server, tmp_path):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    predict("in", "--out", "folder")
    wanted = scale_results.results(tmp_path / "folder")
    done = predict(f"{server}/s.tar", "--out", "shard")
    assert done.exit_code == 0, done.stderr
    assert same(scale_results.results(tmp_path / "shard"), wanted)
    (tmp_path / "list.txt").write_text("".join(f"{server}/in/{k}.png?token=secret\n" for k in range(6)))
    done = predict("@list.txt", "--out", "signed")
    assert done.exit_code == 0, done.stderr
    assert same(scale_results.results(tmp_path / "signed"), wanted)
    assert not any(b"secret" in path.read_bytes() for path in (tmp_path / "signed").rglob("*.jsonl"))


class _Parts(SimpleHTTPRequestHandler):
    """Gives parts of files, and the whole only where nobody asks for a part."""

    def do_GET(self):
        content = (Path(self.directory) / self.path.lstrip("/")).read_bytes()
        asked = self.headers.get("Range")
        if asked is not None:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            end = min(int(last or len(content)) + 1, len(content))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{end - 1}/{len(content)}")
            content = content[int(first) : end]
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Breaks(SimpleHTTPRequestHandler):
    """Breaks off in the middle."""

    def do_GET(self):
        content = (Path(self.directory) / self.path.lstrip("/")).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])


@pytest.mark.parametrize("suffix", ["tar", "zip"])
@pytest.mark.parametrize("kind", [SimpleHTTPRequestHandler, _Parts])
def test_large_shards_of_servers_with_and_without_parts(predict, images, serve, tmp_path, kind, suffix):
    """More than what is asked for at once, so that a server is asked for the rest."""
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    predict("in", "--out", "folder")
    (images / "0000.bin").write_bytes(os.urandom(20 << 20))
    shutil.make_archive(str(tmp_path / "large"), suffix, images)
    done = predict(f"{serve(kind)}/large.{suffix}", "--out", "shard")
    assert done.exit_code == 0, done.stderr
    assert same(scale_results.results(tmp_path / "shard"), scale_results.results(tmp_path / "folder"))


def test_a_server_that_breaks_off(predict, shard, serve, tmp_path):
    pytest.importorskip("aiohttp", reason="aiohttp is not installed")
    server = serve(_Breaks)
    size = shard.stat().st_size
    done = predict(f"{server}/s.tar", "--out", "out")
    assert done.exit_code == 1
    assert f"{server}/s.tar: the server broke off after {size // 2} of {size} bytes" in done.stderr
    done = predict(f"{serve(SimpleHTTPRequestHandler)}/none.tar", "--out", "none")
    assert done.exit_code == 1
    assert "/none.tar: no such file or folder" in done.stderr
