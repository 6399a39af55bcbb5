"""HTTP as cameras speak it: passwords, redirects, still images, TLS, and servers that mean no good."""

import hashlib
import re
import threading
from base64 import b64encode
from dataclasses import replace

import pytest
from servers import HEAD, Camera, jpeg, number, part
from watching import QUICK, Watched

from shipedge.sources import Limits

SECRET = "p@ss/w:rd"
USER = "us.er%40site:p%40ss%2Fw%3Ard"
NEVER = [SECRET, "p%40ss", "us.er"]


@pytest.fixture
def camera():
    with Camera() as camera:
        yield camera


def frames(count):
    return lambda watched: len(watched.frames) >= count


def refused(send, *fields):
    send("\r\n".join(["HTTP/1.1 401 Unauthorized", *fields, "Content-Length: 0", "", ""]).encode())


def error_of(url, **options):
    watched = Watched([url], lambda watched: False, **options)
    (end,) = watched.ends
    assert watched.frames == []
    assert not [secret for secret in NEVER if secret in str(watched.items)]
    return str(end.error)


def test_basic(camera):
    film = camera.film()

    def act(send, request):
        if b"Authorization: Basic " + b64encode(b"us.er@site:" + SECRET.encode()) in request:
            film(send, request)
        else:
            refused(send, 'WWW-Authenticate: Basic realm="camera"')

    camera.acts = (act,)
    watched = Watched([camera.url("/film?sig=p@ss"[:10], USER)], frames(2))
    assert not [secret for secret in NEVER if secret in str([vars(frame) for frame in watched.frames])]
    assert b"Authorization" not in camera.requests[0]  # nobody gets a password who does not ask for it


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", [True, False])
def test_digest(camera, algorithm, qop):
    film = camera.film()
    hashed = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]

    def digest(*parts):
        return hashed(":".join(parts).encode()).hexdigest()

    def act(send, request):
        given = dict(re.findall(r'(\w+)="?([^",\r]*)', request.decode().partition("Authorization: Digest ")[2]))
        secret, action = digest("us.er@site", "a camera", SECRET), digest("GET", "/film?a=1")
        middle = [given.get("nc", ""), given.get("cnonce", ""), "auth"] if qop else []
        if given.get("response") == digest(secret, "n0nce", *middle, action) and given["opaque"] == "x":
            film(send, request)
        else:
            more = ', qop="auth,auth-int"' if qop else ""
            refused(
                send,
                f'WWW-Authenticate: Digest realm="a camera", nonce="n0nce", opaque="x", algorithm={algorithm}{more}',
            )

    camera.acts = (act,)
    assert Watched([camera.url("/film?a=1", USER)], frames(2)).gaps == []


@pytest.mark.parametrize(
    ("user", "fields", "sentence"),
    [
        ("", ['WWW-Authenticate: Basic realm="x"'], "asks for a user and a password (401)"),
        (USER, ['WWW-Authenticate: Basic realm="x"'], "user or password is wrong (401)"),
        (
            USER,
            ["WWW-Authenticate: Negotiate"],
            "asks for a password in a way that is not known, expected Digest or Basic",
        ),
    ],
)
def test_wrong_passwords(camera, user, fields, sentence):
    camera.acts = (lambda send, request: refused(send, *fields),)
    assert error_of(camera.url("/film", user)) == f"{camera.url()}: {sentence}"


def redirect(to):
    return lambda send, request: send(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())


def test_redirects_are_followed_and_the_password_stays_at_home(camera):
    with Camera() as second:
        second.acts = (second.film(),)
        camera.acts = (
            lambda send, request: refused(send, 'WWW-Authenticate: Basic realm="x"'),
            redirect(second.url("/other")),
        )
        Watched([camera.url("/film", USER)], frames(2))
        assert b"GET /other " in second.requests[0]
        assert b"Authorization" in camera.requests[1]
        assert b"Authorization" not in second.requests[0]


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://h/p%40ss", "gopher://h/"])
def test_redirects_elsewhere_are_refused(camera, to):
    camera.acts = (redirect(to),)
    assert error_of(camera.url()) == f"{camera.url()}: redirects to an address that is not http:// or https://"


def test_endless_redirects(camera):
    camera.acts = (redirect("/film?sig=p%40ss"),)
    assert error_of(camera.url()) == f"{camera.url()}: redirects more than 5 times"
    assert camera.connections == 6


def test_headers_that_drip_in_are_given_up(camera):
    def act(send, request):
        send(b"HTTP/1.1 200 OK\r\n")
        while not camera.stopped.wait(0.05):
            send(b"X")

    camera.acts = (act, camera.film())
    watched = Watched([camera.url()], frames(2))
    assert len(watched.gaps) == 1
    assert "drip" not in watched.reasons[0]


NOT_HTTP = [
    b"",
    b"\0" * 4000,
    b"RTSP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 abc\r\n\r\n",
    b"HTTP/1.1 500 p@ss\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200,
]


@pytest.mark.parametrize("answer", NOT_HTTP)
def test_what_is_not_http_is_tried_again(camera, answer):
    camera.acts = (lambda send, request: send(answer), camera.film())
    watched = Watched([camera.url("/film", USER)], frames(2))
    assert len(watched.gaps) == 1
    assert not [secret for secret in NEVER if secret in str(watched.gaps)]


def test_a_web_page(camera):
    camera.acts = (lambda send, request: send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"),)
    assert error_of(camera.url()) == f"{camera.url()}: the server sends a web page, expected images or a video"


def test_a_still_image_is_a_new_frame_only_when_it_changes(camera):
    count = iter(range(1, 1 << 20))
    seen = []

    def act(send, request):
        k = next(count)
        seen.append(request)
        tag = b'"%d"' % (k // 4)
        if b"If-None-Match: " + tag in request:
            send(b"HTTP/1.1 304 Not Modified\r\n\r\n")
            return
        content = jpeg(k // 4)
        send(
            b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nETag: %s\r\nContent-Length: %d\r\n\r\n"
            % (tag, len(content))
        )
        send(content)

    camera.acts = (act,)
    watched = Watched([camera.url("/still.jpg")], frames(4), Limits(fps=100))
    assert [number(frame.pixels) for frame in watched.frames] == [0, 1, 2, 3]
    assert sum(b"If-None-Match" in request for request in seen) >= 11


def test_a_still_image_that_gets_old_is_a_gap(camera):
    def still(k):
        content = jpeg(k)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(content)
        return lambda send, request: send(head + content)

    camera.acts = (*[still(1)] * 60, still(2))
    patience = replace(QUICK, stale_s=0.2, frozen_s=0.01)
    watched = Watched([camera.url("/still.jpg")], frames(2), Limits(fps=100), patience)
    assert watched.reasons == ["frozen: the same image for 0.2 s"]


def test_a_still_image_that_breaks_off_is_no_frame(camera):
    content = jpeg(5)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(content)
    camera.acts = (lambda send, request: send(head + content[:-20]), lambda send, request: send(head + content))
    watched = Watched([camera.url("/still.jpg")], frames(1), Limits(fps=100))
    assert watched.reasons in (
        ["the connection broke in the middle of an image"],
        ["the answer is not http, or broke off"],
        ["the answer is not HTTP, or broke off"],
    )


def test_no_such_host():
    stop = threading.Event()
    watched = Watched(
        ["http://no-such-host.invalid/film?key=s3cret"], lambda watched: stop.is_set(), act=lambda watched: stop.set()
    )
    (gap,) = watched.items
    assert gap.end is None
    assert gap.reason == "the name of the host is not known"
    assert "s3cret" not in gap.source


def test_a_film_without_its_boundary(camera):
    camera.acts = (lambda send, request: send(HEAD.replace(b"; boundary=frame", b"") + part(jpeg(1))),)
    assert "without a boundary" in error_of(camera.url())
