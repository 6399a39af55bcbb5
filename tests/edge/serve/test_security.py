"""Who gets what: with and without a token, from this machine and from another address."""

import hashlib
import json
import socket
import time

import pytest
from click.testing import CliRunner
from running import wait_for

from shipedge.cli import main
from shipedge.errors import ConfigError
from shipedge.serve.board import id_of
from shipedge.serve.config import read_config
from shipedge.serve.web.security import Failures, Sessions, is_token

TOKEN = "correct-horse-battery-staple-0123456789"
HASH = f"sha256:{hashlib.sha256(TOKEN.encode()).hexdigest()}"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
JSON = {"Content-Type": "application/json"}
HARBOR = id_of("harbor")


def own_address():
    """An address of this machine that is not loopback; 127.0.0.2 where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            return "127.0.0.2"


def test_other_machines_are_let_in_with_a_token_only(tmp_path):
    path = tmp_path / "serve.toml"
    path.write_text('[server]\nlisten = "0.0.0.0:8765"\n')
    with pytest.raises(ConfigError, match=r"which other machines reach: expected server\.token_hash"):
        read_config(str(path), [])
    done = CliRunner().invoke(main, ["serve", str(path)])
    assert done.exit_code == 1
    path.write_text(f'[server]\nlisten = "0.0.0.0:8765"\ntoken_hash = "{HASH}"\n')
    assert not read_config(str(path), [])[0].server.is_local


def test_a_new_token_and_its_hash_belong_together():
    done = CliRunner().invoke(main, ["serve", "--new-token"])
    token = done.stderr.split(": ")[1].strip()
    assert is_token(token, done.stdout.split('"')[1])
    assert token not in done.stdout


@pytest.fixture
def guarded(serve):
    return serve(server=f'token_hash = "{HASH}"', listen="0.0.0.0")


def test_without_a_token_another_address_gets_nothing(guarded):
    other = own_address()
    paths = [
        *("/", "/detections", "/health", "/metrics", "/images/1.jpg", "/openapi.json", "/docs", "/nothing"),
        *("/api/v1/status", "/api/v1/sources", "/api/v1/events", "/api/v1/ships", "/api/v1/openapi.json"),
        *(f"/live/{HARBOR}.mjpg", f"/api/v1/sources/{HARBOR}/frame.jpg", "/api/v1/days/2026-01-01/ships.csv"),
        *("/static/../app.py", "//", "/login/../metrics", "/healthz/", "/STATIC/style.css", "/metrics?/static/"),
    ]
    for path in paths:
        status, _, body = guarded.get(path, host=other)
        assert status == (404 if path.startswith("/static/") else 401), path
        assert b"harbor" not in body
    for method, path in (("POST", "/api/v1/sources"), ("DELETE", f"/api/v1/sources/{HARBOR}"), ("POST", "/sources")):
        assert guarded.get(path, JSON, b"{}" if method == "POST" else None, method, host=other)[0] == 401
    assert guarded.get("/", {"Accept": "text/html"}, host=other)[1]["Location"] == "/login"
    for path in ("/healthz", "/readyz", "/login", "/static/style.css"):
        assert guarded.get(path, host=other)[0] in (200, 503)
    assert guarded.get("/metrics", BEARER, host=other)[0] == 200
    assert TOKEN not in guarded.said()


def test_a_browser_logs_in_and_out(guarded):
    assert b'type="password"' in guarded.get("/login")[2]
    assert guarded.get("/login", data=b"token=wrong")[0] == 401
    status, headers, _ = guarded.get("/login", data=f"token={TOKEN}".encode())
    assert status == 303
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie
    session = {"Cookie": cookie.partition(";")[0]}
    assert b"harbor" in guarded.get("/", session)[2]
    guarded.get("/logout", session, b"")
    assert guarded.get("/", session)[0] == 401


def test_who_guesses_waits_and_others_do_not(guarded):
    for _ in range(5):
        assert guarded.get("/metrics", {"Authorization": "Bearer guess"})[0] == 401
    status, headers, _ = guarded.get("/metrics", BEARER)
    assert status == 429
    assert 0 < int(headers["Retry-After"]) <= 61
    assert guarded.get("/login", data=b"token=x")[0] == 429
    assert guarded.get("/metrics", BEARER, host=own_address())[0] == 200


def test_failures_are_counted_by_address_for_a_minute():
    now = [0.0]
    failures = Failures(lambda: now[0])
    for number in range(5):
        assert failures.wait_s("2001:db8::1") == 0
        failures.add(f"2001:db8::{number}")  # one customer
    assert failures.wait_s("2001:db8::9") == 60
    assert failures.wait_s("2001:db9::1") == 0
    now[0] = 61
    assert failures.wait_s("2001:db8::1") == 0
    for number in range(10_000):
        failures.add(f"10.0.{number >> 8}.{number & 255}")
    assert len(failures._times) <= 4096


def test_a_session_ends_with_its_token():
    sessions = Sessions()
    value = sessions.begin("sha256:one")
    assert sessions.knows(value, "sha256:one")
    assert not sessions.knows(value, "sha256:two")
    assert not sessions.knows("", "sha256:one")
    for _ in range(64):
        sessions.begin("sha256:one")
    assert not sessions.knows(value, "sha256:one")  # the oldest gives way


def raw(service, request, wait_s=15):
    """What comes back for these bytes."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=wait_s) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
            if b"\r\n\r\n" in answer and b"200 OK" not in answer:
                break
        return answer


def test_what_a_hostile_page_or_program_tries(serve, camera):
    service = serve()
    # A name that leads to this machine (DNS rebinding), and pages of other servers that post forms (CSRF).
    assert service.get("/api/v1/status", {"Host": "evil.example"})[0] == 421
    assert service.get("/api/v1/status", {"Host": ""})[0] == 421
    body = json.dumps({"name": "x", "url": camera.url()}).encode()
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": f"http://127.0.0.1:{service.port + 1}"},
    ):
        assert service.get("/api/v1/sources", JSON | headers, body)[0] == 403
        assert service.get("/sources", headers, b"name=x&url=0")[0] == 403
    # Files, variables and programs of this machine are no sources for a page.
    for url in (
        "/etc/passwd",
        "file:///etc/passwd",
        "watch:/etc",
        "gst:filesrc location=/etc/passwd ! appsink",
        "-",
        "http://${HOME}/x",
        "concat:/etc/passwd",
        "/dev/video0",
        "999",
        "../x",
        "tcp://127.0.0.1:1?listen=1\n",
    ):
        body = json.dumps({"name": "x", "url": url}).encode()
        status, _, answer = service.get("/api/v1/sources", JSON, body)
        if url.startswith(("http", "tcp")) and status == 201:
            assert b"root" not in answer  # ${HOME} stays what it is
            service.get(f"/api/v1/sources/{id_of('x')}", method="DELETE")
            continue
        assert status == 422, url
    for field in ({"name": "a\u202eb"}, {"name": "a\nb"}, {"name": ""}, {"name": "x" * 101}, {"fps": -1}, {"more": 1}):
        body = json.dumps({"name": "x", "url": camera.url(user="me:s3cret"), **field}).encode()
        status, _, answer = service.get("/api/v1/sources", JSON, body)
        assert status == 422, field
        assert b"s3cret" not in answer
    assert service.get("/api/v1/sources", JSON, b"[" * 50_000)[0] in (400, 422)
    assert service.get("/api/v1/sources", JSON, b"x" * 70_000)[0] == 413
    for path in (
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/....//app.py",
        "/static/style.css%00",
        "/images/-1.jpg",
        "/images/9999999999999999999999.jpg",
        "/images/..%2f1.jpg",
        "/api/v1/days/2026-02-31/ships.csv",
        "/api/v1/days/../ships.csv",
        "/live/..%2f.mjpg",
        "/api/v1/sources/zzz/frame.jpg",
        "/detections?day=2026-99-99",
        "/detections?min_score=nan",
        "/detections?source=' OR 1=1 --&before=x",
        "/api/v1/events?after=-1",
        "/api/v1/ships?limit=100000",
    ):
        status = service.get(path.replace(" ", "%20"))[0]
        assert status in (404, 422), (path, status)
    assert service.get("/detections?source=%27%20OR%201=1%20--")[0] == 200
    page = service.get("/detections?source=%3Cscript%3E&day=")[2]
    assert b"<script>" not in page
    assert service.get("/login", data=b"token=x")[0] == 401
    # Requests that are none.
    assert b" 400 " in raw(service, b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n")[:50] + b" 400 "
    assert b"400" in raw(service, b"\x00\x01\x02\r\n\r\n")[:20]
    assert raw(service, b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n")[:12] in (b"HTTP/1.1 400", b"")
    wait_for(lambda: service.get("/readyz")[0] == 200)
    service.stop()
    assert "Traceback" not in service.said()


def test_pages_load_nothing_from_elsewhere_and_run_no_inline_script(serve):
    service = serve()
    for path in ("/", "/detections", "/health", "/login"):
        _, headers, body = service.get(path)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert b"http://" not in body.replace(b"http://www.w3.org", b"")
        assert b"https://" not in body
        assert b"style=" not in body
        assert b" on" not in body.split(b"<body>")[0]
        assert body.count(b"<script") == body.count(b'<script src="/static/page.js"')


def test_a_name_of_a_source_cannot_write_html(serve, camera):
    service = serve(f'[sources.x]\nname = "<img src=x onerror=alert(1)>\\u202e"\nurl = "{camera.url()}"\n')
    page = service.get("/")[2].decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    assert "\u202e" not in page
    assert "\u202e" not in service.get("/health")[2].decode()


def test_connections_that_say_nothing_are_closed(serve):
    service = serve()
    begin = time.monotonic()
    with (
        socket.create_connection(("127.0.0.1", service.port), timeout=40) as silent,
        socket.create_connection(("127.0.0.1", service.port), timeout=40) as slow,
    ):
        slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ")
        assert silent.recv(1) == b""
        assert slow.recv(1) == b""
    assert time.monotonic() - begin < 40


def test_a_viewer_that_reads_nothing_is_dropped_and_disturbs_nobody(serve):
    service = serve()
    wait_for(lambda: service.json("/api/v1/sources")[0]["frames"])
    viewers = []
    for _ in range(5):
        viewer = socket.socket()
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        viewer.connect(("127.0.0.1", service.port))
        viewer.sendall(f"GET /live/{HARBOR}.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        viewers.append(viewer)
    wait_for(lambda: service.json("/api/v1/status")["viewers"] == 5)
    before = service.json("/api/v1/sources")[0]["frames"]
    wait_for(lambda: service.json("/api/v1/sources")[0]["frames"] > before + 20)
    for viewer in viewers:
        viewer.close()
    wait_for(lambda: service.json("/api/v1/status")["viewers"] == 0)


def test_the_time_of_a_comparison_says_nothing():
    assert is_token(TOKEN, HASH)
    assert not is_token("", HASH)
    assert not is_token(TOKEN + "x", HASH)
    assert not is_token("\udcff", HASH)  # what no UTF-8 is
