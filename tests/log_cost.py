"""What writing a frame into the log costs, beside the same lines without a log: python tests/log_cost.py [FOLDER]."""

import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from shipedge.events import Found, Result, Start
from shipedge.events.log import Log
from shipedge.events.reading import to_line

FRAMES, ROUNDS = 300, 5
SHIP = Found("196941 2 197708 5 198476 8 " * 20, [256, 300, 290, 330], 0.8765, [270.5, 315.25], 40.0, 12.0, 30.5)


def frame(index: int) -> Result:
    """One with three ships of 60 runs."""
    timings = dict.fromkeys(("decode", "detector", "segmenter", "post", "refiner"), 1.234)
    return Result("camera 0", index, index / 10, [768, 768], 0.91, [SHIP] * 3, timings)


def main() -> None:
    """Prints microseconds a frame: median of the rounds, and the slowest frame of all."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    times: dict[str, list[list[float]]] = {"the line alone": [], "none": [], "interval": [], "frame": []}
    for _ in range(ROUNDS):
        for name, rounds in times.items():
            start = Start(1, "0", "2026-01-01T00:00:00.000Z", "toy", None)
            spent = []
            with Log(folder / "predictions.jsonl", start, fresh=True, sync="none" if " " in name else name) as log:
                for index in range(FRAMES):
                    begin = perf_counter()
                    if " " in name:
                        to_line(frame(index))
                    else:
                        log.write(frame(index))
                    spent.append((perf_counter() - begin) * 1e6)
            rounds.append(spent)
    print(f"{'--sync':16}{'us a frame':>12}{'slowest':>12}")
    for name, rounds in times.items():
        print(f"{name:16}{statistics.median(map(statistics.fmean, rounds)):12.1f}{max(map(max, rounds)):12.0f}")


if __name__ == "__main__":
    main()
