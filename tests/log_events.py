"""Events that tests of the log write."""

from shipedge.events import End, Result, Start


def start(batch="b"):
    return Start(1, "0", "2026-01-01T00:00:00.000Z", "toy", batch)


def frame(index=0, source="a.mp4"):
    return Result(source, index, index / 10, [8, 9], 0.5, [], {"post": 0.5})


END = End(None, "2026-01-01T00:00:00.000Z", 1, 0)
