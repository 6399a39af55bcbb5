"""The outputs of the configuration, each with its thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from shipedge.serve.config import Config, Mqtt, Webhook
from shipedge.serve.outbox import Output, Sender, register
from shipedge.serve.webhook import WebhookOutput

__all__ = ["Outputs"]


class Outputs:
    """Those that run; `set` starts and stops them."""

    def __init__(self, folder: Path) -> None:
        """None yet."""
        self._folder = folder
        self._senders: dict[str, tuple[Mqtt | Webhook, Output, Sender]] = {}

    def set(self, config: Config) -> None:
        """Those of a configuration: what has not changed goes on.

        Raises:
            ConfigError: one cannot be made.
            ImportError: MQTT needs paho-mqtt.
        """
        wanted: dict[str, tuple[Mqtt | Webhook, Callable[[], Output]]] = {}
        if (mqtt := config.mqtt) is not None:
            from shipedge.serve.mqtt import MqttOutput

            wanted["mqtt"] = mqtt, lambda: MqttOutput(mqtt)
        for name, hook in config.webhooks.items():
            wanted[f"webhook {name}"] = hook, lambda name=name, hook=hook: WebhookOutput(name, hook)  # type: ignore[misc]
        for name, (made_for, _, sender) in list(self._senders.items()):
            if name not in wanted or wanted[name][0] != made_for:
                del self._senders[name]
                sender.stop()
        register(self._folder, list(wanted))
        for name, (made_for, make) in wanted.items():
            if name not in self._senders:
                output = make()
                sender = Sender(self._folder, output)
                self._senders[name] = made_for, output, sender
                sender.start()

    def wake(self) -> None:
        """Something waits to be sent."""
        for _, _, sender in list(self._senders.values()):
            sender.wake()

    def tell(self, ships: Mapping[str, int | None]) -> None:
        """The number of ships of each source now, for those who show states."""
        for _, output, _ in list(self._senders.values()):
            if (tell := getattr(output, "tell", None)) is not None:
                tell(ships)

    def stop(self) -> None:
        """Ends all."""
        for _, _, sender in self._senders.values():
            sender.stop()
        self._senders = {}
