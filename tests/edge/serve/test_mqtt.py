"""MQTT with Debian's Mosquitto: `make test-serve`."""

import json
import os
import random
import subprocess
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from running import free_port, ships_film, wait_for
from test_outputs import RULES, expected, in_order_and_complete

UNPACKED = os.environ.get("SHIPEDGE_TEST_SERVE")
pytestmark = pytest.mark.skipif(UNPACKED is None, reason="make test-serve unpacks the broker")
OUTAGE_S = float(os.environ.get("SHIPEDGE_TEST_OUTAGE_S", "1"))
ROUNDS = int(os.environ.get("SHIPEDGE_TEST_ROUNDS", "3"))


class Broker:
    """A Mosquitto that can be ended and started again, and somebody who has subscribed to all."""

    def __init__(self, folder: Path, user=False):
        self.port, self.folder = free_port(), folder
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", f"allow_anonymous {str(not user).lower()}"]
        if os.geteuid() == 0:
            lines.append("user root")
        self.root = Path(UNPACKED) / "root"
        self.environment = {"LD_LIBRARY_PATH": ":".join(map(str, self.root.glob("usr/lib/*-linux-gnu")))}
        if user:
            (folder / "users").write_text("me:s3cret\n")
            command = [self.root / "usr/bin/mosquitto_passwd", "-U", folder / "users"]
            subprocess.run(command, env=self.environment, check=True)
            lines.append(f"password_file {folder / 'users'}")
        (folder / "broker.conf").write_text("\n".join(lines) + "\n")
        self.events, self.others = [], {}
        self.start()

    def start(self):
        command = [self.root / "usr/sbin/mosquitto", "-c", self.folder / "broker.conf"]
        self.process = subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)
        self.subscribed = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="test", clean_session=True)
        self.client.username_pw_set("me", "s3cret")
        self.client.on_message = self._take
        self.client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self.client.on_subscribe = lambda *_: self.subscribed.set()

        def connect():
            try:
                return self.client.connect("127.0.0.1", self.port) == 0
            except OSError:
                return False

        wait_for(connect)
        self.client.loop_start()
        assert self.subscribed.wait(30)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.client.loop_stop()

    def _take(self, _client, _data, message):
        if "/events/" in message.topic:
            self.events.append(json.loads(message.payload))
        else:
            self.others.setdefault(message.topic, []).append(message.payload.decode())


@pytest.fixture
def broker(tmp_path):
    (tmp_path / "broker").mkdir()
    broker = Broker(tmp_path / "broker")
    yield broker
    broker.end()


def mqtt(broker, more=""):
    return f'{RULES}[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n{more}'


def test_a_broker_gets_events_states_and_the_last_will(serve, broker):
    service = serve(mqtt(broker, "discovery = true\n"))
    wait_for(lambda: len(broker.events) > 3)
    wait_for(lambda: len(broker.others.get("shipedge/state/harbor", [])) > 1)
    sensor = json.loads(broker.others["homeassistant/sensor/shipedge/harbor/config"][0])
    assert sensor["state_topic"] == "shipedge/state/harbor"
    assert broker.others["shipedge/availability"][-1] == "online"
    service.kill()
    wait_for(lambda: broker.others["shipedge/availability"][-1] == "offline", limit_s=60)
    service.start()
    wait_for(lambda: broker.others["shipedge/availability"][-1] == "online")
    service.stop()
    wait_for(lambda: broker.others["shipedge/availability"][-1] == "offline")


def test_a_password_that_is_wrong_is_said_and_not_shown(serve, tmp_path):
    (tmp_path / "broker").mkdir()
    broker = Broker(tmp_path / "broker", user=True)
    try:
        service = serve(mqtt(broker, 'user = "me"\npassword = "wr0ng"\n'))
        wait_for(lambda: "Not authorized" in service.json("/api/v1/status")["outputs"][0]["error"])
        everything = service.get("/health")[2] + service.get("/metrics")[2] + service.said().encode()
        assert b"wr0ng" not in everything
    finally:
        broker.end()


def test_outages_and_kills_lose_no_event(serve, camera, broker, capsys):
    camera.acts = (ships_film(0.02, ships=2),)
    service = serve(mqtt(broker))
    chance = random.Random(1)
    for turn in range(ROUNDS):
        before = len(broker.events)
        wait_for(lambda before=before: len(broker.events) > before, limit_s=120)
        time.sleep(chance.uniform(0, 0.5))  # anywhere in the middle of something
        broker.end()
        time.sleep(chance.uniform(0.2, 1.0) * OUTAGE_S)
        if turn % 2:
            service.kill()
            service.start()
            broker.start()
        else:
            broker.start()
            service.kill()
            service.start()
    wait_for(lambda: not service.json("/api/v1/status")["outputs"][0]["waiting"], limit_s=120)
    service.stop()
    service.start()
    wait_for(lambda: in_order_and_complete(broker.events, service.folder)[0] == 0 or None, limit_s=120)
    service.stop()
    lost, doubled = in_order_and_complete(broker.events, service.folder)
    with capsys.disabled():
        total = len(expected(service.folder))
        print(f"\n{ROUNDS} outages and {ROUNDS} kills: {total} events, {doubled} doubled")
    assert lost <= 4  # those of the last moment, which the next run would send
