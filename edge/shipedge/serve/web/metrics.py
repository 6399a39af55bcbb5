"""`/metrics`: what Prometheus asks for. Every label has a bound: there are at most 64 sources, and few outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shipedge.serve.channel import Status

__all__ = ["expose"]

_COUNTERS = (
    ("frames", "Frames that the models have seen."),
    ("ships", "Ships of all frames."),
    ("dropped", "Frames that were skipped because the models were slower."),
    ("gaps", "Times without frames that have begun."),
    ("tracks", "Tracks of ships that have begun."),
)
_OUTPUTS = (("refused", "Events that an output has refused."), ("dropped", "Events that had to give way."))


class _Status(Collector):
    def __init__(self, status: Status | None, viewers: int) -> None:
        self._status, self._viewers = status, viewers

    def collect(self) -> Iterable[Metric]:
        """The values of a status."""
        yield GaugeMetricFamily("shipedge_viewers", "Browsers that look at a live image.", value=self._viewers)
        yield GaugeMetricFamily(
            "shipedge_ready", "Whether frames can be processed.", value=bool(self._status and self._status.ready)
        )
        if self._status is not None:
            yield from _of_sources(self._status)
            yield from _of_outputs(self._status)
            info = self._status.info
            yield GaugeMetricFamily("shipedge_resident_memory_bytes", "Of the models.", value=info["memory_bytes"])
            yield GaugeMetricFamily("shipedge_disk_free_bytes", "Where results go.", value=info["free_bytes"])
            yield CounterMetricFamily("shipedge_up_seconds", "Since the start.", value=info["up_s"])


def _of_sources(status: Status) -> Iterator[Metric]:
    for name, text in _COUNTERS:
        counter = CounterMetricFamily(f"shipedge_{name}", text, labels=["source"])
        for source in status.sources:
            counter.add_metric([source.name], getattr(source, name))
        yield counter
    up = GaugeMetricFamily("shipedge_source_up", "Whether a source gives frames.", labels=["source"])
    now = GaugeMetricFamily("shipedge_ships_in_frame", "Ships in the newest frame.", labels=["source"])
    quiet = GaugeMetricFamily("shipedge_last_frame_age_seconds", "Since the last frame was done.", labels=["source"])
    age = GaugeMetricFamily("shipedge_frame_age_seconds", "Capture to result.", labels=["source", "quantile"])
    for source in status.sources:
        up.add_metric([source.name], source.state == "live")
        now.add_metric([source.name], source.ships_now)
        if source.quiet_s is not None:
            quiet.add_metric([source.name], source.quiet_s)
        for quantile, value in (("0.5", source.age_p50_ms), ("0.95", source.age_p95_ms)):
            if value is not None:
                age.add_metric([source.name, quantile], value / 1e3)
    yield from (up, now, quiet, age)


def _of_outputs(status: Status) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("shipedge_outbox_waiting", "Events that wait to be sent.", labels=["output"])
    for output in status.outputs:
        waiting.add_metric([output["name"]], output["waiting"])
    yield waiting
    for name, text in _OUTPUTS:
        counter = CounterMetricFamily(f"shipedge_outbox_{name}", text, labels=["output"])
        for output in status.outputs:
            counter.add_metric([output["name"]], output[name])
        yield counter


def expose(status: Status | None, viewers: int) -> bytes:
    """The metrics as text."""
    registry = CollectorRegistry()
    registry.register(_Status(status, viewers))
    return generate_latest(registry)
