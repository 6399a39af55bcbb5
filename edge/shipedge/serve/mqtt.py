"""Events by MQTT: each is published with quality of service 1, the next once the broker has it."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Mapping
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from shipedge.errors import ConfigError
from shipedge.serve.config import Mqtt
from shipedge.serve.outbox import Item, UnsentError

__all__ = ["MqttOutput"]

_ANSWER_S = 15.0
_KEEPALIVE_S = 15


class MqttOutput:
    """A broker.

    Under `topic`: `availability` ("online", and "offline" by last will), `events/SOURCE` with an event each, and
    `state/SOURCE` with the number of ships now, retained.
    """

    name = "mqtt"

    def __init__(self, mqtt: Mqtt) -> None:
        """Begins to connect, and goes on until it can.

        Raises:
            ConfigError: the file of certificates cannot be used.
        """
        self._topic, self._discovery = mqtt.topic, mqtt.discovery
        self._acknowledged: set[int] = set()
        self._change = threading.Condition()
        self._pending: tuple[str, int] | None = None
        self._problem = "not connected yet"
        self._states: dict[str, str] = {}
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if mqtt.user or mqtt.password:
            self._client.username_pw_set(mqtt.user, mqtt.password)
        if mqtt.tls or mqtt.ca_file:
            try:
                self._client.tls_set_context(ssl.create_default_context(cafile=mqtt.ca_file or None))
            except OSError as error:
                reason = error.strerror or "no certificates"
                raise ConfigError(f"mqtt.ca_file {mqtt.ca_file}: cannot be used: {reason}") from None
        self._client.will_set(f"{mqtt.topic}/availability", "offline", qos=1, retain=True)
        self._client.reconnect_delay_set(1, 30)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.connect_async(mqtt.host, mqtt.port, _KEEPALIVE_S)
        self._client.loop_start()

    def send(self, item: Item) -> None:
        """Publishes one event; the broker has it when it acknowledges."""
        if self._pending is None or self._pending[0] != item.key:
            if not self._client.is_connected():
                raise UnsentError(f"the broker cannot be reached: {self._problem}")
            self._acknowledged.clear()
            place = f"{self._topic}/events/{_level(item.source)}"
            self._pending = item.key, self._client.publish(place, item.body, qos=1).mid
        number = self._pending[1]  # the client itself sends it again when it is connected again
        with self._change:
            if not self._change.wait_for(lambda: number in self._acknowledged, _ANSWER_S):
                raise UnsentError(f"the broker does not answer: {self._problem or 'no acknowledgement'}")
        self._pending = None

    def tell(self, ships: Mapping[str, int | None]) -> None:
        """The number of ships of each source now; None of one that gives no frames."""
        if not self._client.is_connected():
            return
        for source, number in ships.items():
            state = json.dumps({"ships": number})
            if self._states.get(source) != state:
                if self._discovery and source not in self._states:
                    self._discover(source)
                self._client.publish(f"{self._topic}/state/{_level(source)}", state, retain=True)
                self._states[source] = state

    def close(self) -> None:
        """Says that it is offline: a last will is only for those who die."""
        if self._client.is_connected():
            self._client.publish(f"{self._topic}/availability", "offline", qos=1, retain=True).wait_for_publish(2)
        self._client.disconnect()
        self._client.loop_stop()

    def _discover(self, source: str) -> None:
        """Tells Home Assistant of a sensor."""
        level, device = _level(source), _level(self._topic)
        sensor = {
            "name": f"Ships, {source}",
            "unique_id": f"{device}_{level}_ships",
            "state_topic": f"{self._topic}/state/{level}",
            "value_template": "{{ value_json.ships }}",
            "availability_topic": f"{self._topic}/availability",
            "state_class": "measurement",
            "icon": "mdi:ferry",
            "device": {"identifiers": [device], "name": "shipedge", "manufacturer": "shipedge"},
        }
        topic = f"homeassistant/sensor/{device}/{level}/config"
        self._client.publish(topic, json.dumps(sensor), qos=1, retain=True)

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._problem = f"it answers: {reason}"
            return
        self._problem, self._states = "", {}
        client.publish(f"{self._topic}/availability", "online", qos=1, retain=True)

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not self._problem:  # a refusal says more than the end that follows it
            self._problem = f"the connection has ended: {reason}"

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        with self._change:
            self._acknowledged.add(mid)
            self._change.notify_all()


def _level(text: str) -> str:
    """A name as one level of a topic."""
    return re.sub(r"[^\w.-]+", "_", text) or "_"
