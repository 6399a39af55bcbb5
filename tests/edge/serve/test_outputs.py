"""Events that are sent: each at least once, in order, whatever is killed or away meanwhile."""

import hashlib
import hmac
import json
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from running import free_port, ships_film, wait_for

from shipedge.serve.outbox import Item, RefusedError, UnsentError
from shipedge.serve.webhook import Webhook, WebhookOutput

RULES = '[rules.new]\nwhen = "track"\n[rules.busy]\nwhen = "count"\nover = 0\n'


class Receiver:
    """A server for webhooks, which answers what it is told; `taken` holds what it has said yes to."""

    def __init__(self, port=0):
        self.taken, self.requests, self.answer = [], [], 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((self.headers, body))
                answer = receiver.answer
                if answer == 200:
                    receiver.taken.append(json.loads(body))
                self.send_response(answer)
                if answer == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def expected(folder):
    """By another way: the alerts that the log gives, (rule, source, frame, track) in order."""
    on, calm, seen, found = set(), {}, {}, []
    for line in (folder / "data/predictions.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] != "frame":
            continue
        source = event["source"]
        for ship in event["ships"]:
            if ship["track"] > seen.get(source, 0):
                seen[source] = ship["track"]
                found.append(("new", source, event["index"], ship["track"]))
        if event["ships"]:
            if source not in on:
                found.append(("busy", source, event["index"], None))
            on.add(source)
            calm.pop(source, None)
        elif seconds(event["captured"]) - calm.setdefault(source, seconds(event["captured"])) >= 10:
            on.discard(source)
    return found


def seconds(time):
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


def told(events):
    return [(one["rule"], one["source"], one["frame"], one.get("track")) for one in events]


def in_order_and_complete(events, folder):
    """(lost, doubled); each first delivery comes in the order of the log."""
    firsts = list(dict.fromkeys(told(events)))
    wanted = expected(folder)
    assert not set(firsts) - set(wanted), "something was told that did not happen"
    assert firsts == [one for one in wanted if one in set(firsts)], "not in order"
    assert len({one["id"] for one in events}) == len(firsts)
    return len(set(wanted) - set(firsts)), len(events) - len(firsts)


def test_a_webhook_gets_signed_events():
    with Receiver() as receiver:
        output = WebhookOutput("ops", Webhook(f"http://127.0.0.1:{receiver.port}/in", "key"))
        output.send(Item(1, "abc", "harbor", '{"id":"abc"}'))
        headers, body = receiver.requests[0]
        assert headers["X-Shipedge-Id"] == "abc"
        assert headers["X-Shipedge-Signature"] == "sha256=" + hmac.new(b"key", body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("answer", "kind"), [(500, UnsentError), (401, UnsentError), (302, UnsentError), (422, RefusedError)]
)
def test_what_a_server_answers_decides_whether_it_is_tried_again(answer, kind):
    with Receiver() as receiver:
        receiver.answer = answer
        output = WebhookOutput("ops", Webhook(f"http://127.0.0.1:{receiver.port}/in?key=s3cret"))
        with pytest.raises(UnsentError) as raised:
            output.send(Item(1, "abc", "harbor", "{}"))
        assert type(raised.value) is kind
        assert str(raised.value) == f"the server answers with {answer}"
        assert len(receiver.requests) == 1


def test_a_server_that_is_away_is_told_without_its_address():
    output = WebhookOutput("ops", Webhook(f"http://127.0.0.1:{free_port()}/in?key=s3cret"))
    with pytest.raises(UnsentError, match="the server cannot be reached: Connection refused"):
        output.send(Item(1, "abc", "harbor", "{}"))


def test_kills_and_a_server_that_is_away_lose_no_event(serve, camera):
    camera.acts = (ships_film(0.03, ships=2),)
    port = free_port()
    service = serve(
        f'{RULES}[webhooks.ops]\nurl = "http://127.0.0.1:{port}/in"\npassword = "${{KEY}}"\n',
        ready=True,
        environment={"KEY": "s3cret"},
    )
    wait_for(lambda: service.json("/api/v1/status")["outputs"][0]["waiting"] > 3)
    taken = []
    for _ in range(2):
        with Receiver(port) as receiver:
            wait_for(lambda receiver=receiver: len(receiver.taken) > 3)
            service.kill()
        taken += receiver.taken
        service.start()
    with Receiver(port) as receiver:
        wait_for(lambda: receiver.taken and not service.json("/api/v1/status")["outputs"][0]["waiting"])
        assert service.stop() == 0
        service.start()  # what was found in the last moment is sent by the next run
        wait_for(lambda: in_order_and_complete(taken + receiver.taken, service.folder)[0] == 0)
        service.kill()
    assert "s3cret" not in service.said()


def test_what_is_too_much_gives_way_and_is_counted(serve, camera):
    camera.acts = (ships_film(0.02, ships=2),)
    service = serve(
        f'{RULES}[webhooks.ops]\nurl = "http://127.0.0.1:{free_port()}/in"\n[sources.harbor]\nurl = "{camera.url()}"\n'
    )
    text = (service.folder / "serve.toml").read_text()
    service.stop()
    (service.folder / "serve.toml").write_text(f"most_waiting = 5\n{text}")
    service.start()

    def output():
        return service.json("/api/v1/status")["outputs"][0]

    wait_for(lambda: output()["dropped"] > 0)
    assert output()["waiting"] <= 5
    assert "cannot be reached" in output()["error"]
