"""`shipedge serve` from the camera to the page."""

import json
import os
import signal
import socket
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from click.testing import CliRunner
from running import ships_film, wait_for
from servers import Camera

from shipedge.cli import main
from shipedge.serve.board import id_of
from shipedge.serve.store import connect

HARBOR = id_of("harbor")
RULES = """
[rules.new]
when = "track"
[rules.busy]
when = "count"
over = 0
"""


def frames(service, name="harbor"):
    return next((one["frames"] for one in service.json("/api/v1/sources") if one["name"] == name), None)


def test_ships_of_a_camera_are_on_the_page_in_the_api_and_in_the_metrics(serve):
    service = serve(RULES)
    wait_for(lambda: frames(service))
    found = wait_for(lambda: service.json("/api/v1/ships?source=harbor")["frames"])
    assert found[0]["ships"][0]["bbox"][1] == 32
    events = wait_for(lambda: service.json("/api/v1/events?kind=alert")["events"])
    assert {event["body"]["rule"] for event in events} <= {"new", "busy"}
    after = service.json("/api/v1/events")["next"]
    assert all(event["id"] > after for event in service.json(f"/api/v1/events?after={after}")["events"])
    wait_for(lambda: b"/images/" in service.get("/detections")[2])
    page = service.get("/")[2].decode()
    assert "harbor" in page
    assert f"/live/{HARBOR}.mjpg" in page
    assert b'shipedge_frames_total{source="harbor"}' in service.get("/metrics")[2]
    status, headers, image = service.get(f"/api/v1/sources/{HARBOR}/frame.jpg")
    assert (status, headers["Content-Type"], image[:2]) == (200, "image/jpeg", b"\xff\xd8")
    day = found[0]["captured"][:10]
    table = service.get(f"/api/v1/days/{day}/ships.csv")[2].decode()
    assert table.startswith("image,index,time_s,score")
    assert "\nharbor," in table
    assert service.get(f"/api/v1/days/{day}/ships.geojson")[0] == 404  # no camera here knows where it is
    assert set(service.json("/api/v1/openapi.json")["paths"]) >= {"/api/v1/sources", "/api/v1/events", "/api/v1/ships"}
    assert service.stop() == 0
    log = [json.loads(line) for line in (service.folder / "data/predictions.jsonl").read_text().splitlines()]
    assert log[0]["event"] == "start"
    assert [one["index"] for one in log if one["event"] == "frame"] == list(range(sum("index" in one for one in log)))


def test_it_is_healthy_only_while_frames_are_processed(serve, camera):
    camera.acts = (lambda send, request: camera.stopped.wait(60),)  # a camera that says nothing
    service = serve()
    assert service.get("/readyz")[0] == 200
    assert service.get("/healthz")[0] == 503
    assert service.get("/healthz")[2] == b"no frame was processed yet\n"
    with Camera(ships_film()) as other:
        body = json.dumps({"name": "tower", "url": other.url()}).encode()
        headers = {"Content-Type": "application/json"}
        assert service.get("/api/v1/sources", headers, body)[0] == 201
        wait_for(lambda: service.get("/healthz")[0] == 200)


def test_sources_come_and_go_while_it_runs_and_numbers_go_on(serve, camera):
    service = serve()
    wait_for(lambda: frames(service))
    headers = {"Content-Type": "application/json"}
    added = json.dumps({"name": "tower", "url": camera.url("/film?token=s3cret"), "user": "me", "password": "s3cret"})
    assert service.get("/api/v1/sources", headers, added.encode())[0] == 201
    wait_for(lambda: frames(service, "tower"))
    assert service.get(f"/api/v1/sources/{id_of('tower')}", method="DELETE")[0] == 204
    wait_for(lambda: frames(service, "tower") is None)
    assert service.get(f"/api/v1/sources/{id_of('tower')}", method="DELETE")[0] == 404
    assert service.get("/api/v1/sources", headers, added.encode())[0] == 201
    wait_for(lambda: frames(service, "tower"))
    assert service.get("/api/v1/sources", headers, added.encode())[0] == 422  # the name is taken
    assert service.stop() == 0
    log = [json.loads(line) for line in (service.folder / "data/predictions.jsonl").read_text().splitlines()]
    tower = [one for one in log if one.get("source") == "tower"]
    numbers = [one["index"] for one in tower if one["event"] == "frame"]
    assert numbers == list(range(len(numbers)))
    assert [one["reason"] for one in tower if one["event"] == "gap"] == ["the source was stopped"]
    written = b"".join(path.read_bytes() for path in (service.folder / "data").rglob("*") if path.is_file())
    assert b"s3cret" not in written + service.said().encode()


def test_a_reload_loses_no_frame_of_a_source_that_has_not_changed(serve, camera):
    service = serve()
    wait_for(lambda: frames(service))
    harbor = f'[sources.harbor]\nurl = "{camera.url()}"\n'
    service.write(f'{harbor}[sources.tower]\nurl = "{camera.url("/two")}"\n{RULES}')
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: frames(service, "tower"))
    assert camera.connections == 2  # that of the harbor is still the first
    wait_for(lambda: service.json("/api/v1/events?kind=alert")["events"])
    service.write("nonsense = 1\n")
    service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the file is not taken" in service.said())
    before = frames(service)
    wait_for(lambda: frames(service) > before)
    assert service.stop() == 0
    log = [json.loads(line) for line in (service.folder / "data/predictions.jsonl").read_text().splitlines()]
    assert not [one for one in log if one["event"] == "gap" and one["source"] == "harbor"]


def test_rules_know_folders_and_files_by_the_names_they_are_given(serve, tmp_path, video):
    (tmp_path / "in").mkdir()
    pixels = np.full((96, 128, 3), 40, np.uint8)
    pixels[32:64, 32:64] = 255
    cv2.imwrite(str(tmp_path / "in" / "a.png"), pixels)
    film = video(tmp_path / "ship.mp4", frames=30)
    service = serve(
        f'[sources.harbor]\nurl = "watch:{tmp_path}/in"\nname = "pier"\n[sources.film]\nurl = "{film}"\n'
        '[rules.pier]\nwhen = "count"\nover = 0\nsource = "pier"\n[rules.film]\nwhen = "track"\nsource = "film"\n'
    )
    wait_for(lambda: frames(service, "pier") and frames(service, "film"))

    def alerts():
        return service.json("/api/v1/events?kind=alert")["events"]

    wait_for(lambda: {(one["source"], one["body"]["source"]) for one in alerts()} == {(n, n) for n in ("pier", "film")})
    assert {one["name"]: one["id"] for one in service.json("/api/v1/sources")} == {
        name: id_of(name) for name in ("pier", "film")
    }
    assert service.json("/api/v1/ships?source=film")["frames"]
    assert service.get(f"/api/v1/sources/{id_of('pier')}/frame.jpg")[0] == 200
    wait_for(lambda: {one["name"]: one["state"] for one in service.json("/api/v1/sources")}["film"] == "ended")
    assert service.get(f"/api/v1/sources/{id_of('film')}", method="DELETE")[0] == 204  # also after its end
    wait_for(lambda: frames(service, "film") is None)


def test_a_rule_for_a_source_that_is_none_of_the_file(tmp_path):
    file = tmp_path / "serve.toml"
    file.write_text('[sources.harbor]\nurl = "0"\nname = "pier"\n[rules.r]\nwhen = "track"\nsource = "harbor"\n')
    done = CliRunner().invoke(main, ["serve", str(file), "--check"])
    wrong = f"{file}: rules.r.source is 'harbor', which is no source of this file: expected one of 'pier'"
    assert (done.exit_code, done.stderr) == (1, f"Error: {wrong}\n")


def test_systemd_is_told_and_the_watchdog_is_fed_by_frames(serve, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        service = serve(environment={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"})
        assert listening.recv(1000).startswith(b"READY=1")
        while listening.recv(1000) != b"WATCHDOG=1":
            pass
        service.process.send_signal(signal.SIGHUP)
        while not listening.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC="):
            pass
        while listening.recv(1000) != b"READY=1":
            pass
        service.process.send_signal(signal.SIGTERM)
        while listening.recv(1000) != b"STOPPING=1":
            pass
        assert service.stop() == 0


def test_a_page_that_dies_is_started_again_and_no_frame_is_lost(serve):
    service = serve()
    wait_for(lambda: frames(service))
    tasks = Path(f"/proc/{service.process.pid}/task")
    children = [child for task in tasks.iterdir() for child in (task / "children").read_text().split()]
    (page,) = [one for one in children if b"serve.web.process" in Path(f"/proc/{one}/cmdline").read_bytes()]
    os.kill(int(page), signal.SIGKILL)
    wait_for(lambda: "is started again" in service.said())
    wait_for(lambda: service.get("/readyz")[0] == 200)
    assert service.stop() == 0


def test_lines_of_the_log_are_json(serve):
    service = serve()
    wait_for(lambda: frames(service))
    assert service.stop() == 0
    lines = [json.loads(line) for line in service.said().splitlines() if line.startswith("{")]
    assert {"time", "level", "message"} <= set(lines[0])


def test_after_a_kill_the_database_takes_from_the_log_what_it_lacks(serve):
    service = serve(RULES)
    wait_for(lambda: service.json("/api/v1/ships")["frames"])
    service.kill()
    service.start()
    wait_for(lambda: frames(service))
    assert service.stop() == 0
    log = [json.loads(line) for line in (service.folder / "data/predictions.jsonl").read_text().splitlines()]
    expected = [one["index"] for one in log if one["event"] == "frame" and one["ships"]]
    with closing(connect(service.folder / "data")) as database:
        rows = [row[0] for row in database.execute("SELECT frame FROM detections ORDER BY id")]
    assert rows == expected
    assert "shipedge was not running" in [one.get("reason") for one in log]
