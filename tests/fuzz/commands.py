"""Breaks images, videos and label files, and gives them to the commands.

    python tests/fuzz/commands.py --seconds 20 --seed 1

What must hold: no traceback, every line is ours, exit code 0, 1 or 2, never 0 where a file was cut or objects are gone
without a word. The first thing that does not hold ends the run with the input, which is kept.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import cv2
import mutate
import numpy as np
from click.testing import CliRunner, Result

from shipedge.cli import main as shipedge
from shipedge.errors import ImageError
from shipedge.images import decode_image, header_of

OURS = re.compile(r"^(Error: |Note: |Usage: |Try |\d+ of \d+ sources failed|\s*$|.*\r|Stopped)")
FRAMES = 8
IMAGES_AT_ONCE = 40
REAL = 0.1
"""Share of the folders of broken images that a process of its own reads, too."""


class BrokenError(Exception):
    """What does not hold."""


def call_for_real(*args: object) -> None:
    """A command in a process of its own, whose libraries might write to its standard error."""
    command = [sys.executable, "-m", "shipedge", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    check(done.returncode, done.stdout, done.stderr)


def call(*args: object) -> Result:
    """A command in this process; what no command may do raises."""
    done = CliRunner().invoke(shipedge, [*map(str, args)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise BrokenError(f"{type(done.exception).__name__}: {done.exception}") from done.exception
    check(done.exit_code, done.stdout, done.stderr)
    return done


def check(code: int, stdout: str, stderr: str) -> None:
    """What holds for every command, whatever it was given."""
    if code not in (0, 1, 2):
        raise BrokenError(f"exit code {code}")
    strange = [line for line in stderr.split("\n") if not OURS.match(line)]
    if strange or "Traceback" in stdout:
        raise BrokenError(f"a line that is not ours: {strange[:1]}")
    if code and not stderr.strip():
        raise BrokenError(f"exit code {code} without a word")


class Driver:
    """Runs one kind of mutation after the other, and counts."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.rng = np.random.default_rng(seed)
        self.images, self.masks = mutate.images(), mutate.masks()
        self.seen: dict[str, np.ndarray] = {name: self._pixels(data) for name, data in self.images.items()}
        self.videos = self._videos()
        self.counts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def run(self, seconds: float) -> None:
        """All kinds in turn until the time is over."""
        works = [self.cut_images, self.broken_images, self.joined_images, self.some_masks, self.some_coco,
                 self.some_yolo, self.some_csv, self.some_bytes, self.some_videos]  # fmt: skip
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for work in works:
                shutil.rmtree(self.folder, ignore_errors=True)
                self.folder.mkdir(parents=True)
                work()

    @staticmethod
    def _pixels(data: bytes) -> np.ndarray:
        return decode_image(data, "a", "auto")

    def _videos(self) -> dict[str, bytes]:
        found = {}
        for suffix, code in ((".mp4", "mp4v"), (".avi", "MJPG"), (".mkv", "mp4v")):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, f"a{suffix}")
                fourcc = cv2.VideoWriter.fourcc(*code)
                writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, fourcc, 10, mutate.SHAPE[::-1])
                for _ in range(FRAMES):
                    writer.write(mutate.scene()[..., ::-1])
                writer.release()
                found[path.name] = path.read_bytes()
        return found

    def _count(self, kind: str, done: Result, number: int = 1) -> None:
        self.counts[kind] += number
        self.refused[kind] += number if done.exit_code else 0

    def _predict(self, kind: str, files: dict[str, bytes], *options: str) -> Result:
        folder = self.folder / "in"
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        done = call("predict", folder, "--out", self.folder / "out", "--threads", "1", *options)
        log = self.folder / "out" / "predictions.jsonl"
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        answered = {Path(line["source"]).name for line in lines if line["event"] == "frame"}
        named = {name for name in files if f"/{name}: " in done.stderr}
        if answered | named != set(files):
            raise BrokenError(f"neither a result nor a sentence for {sorted(set(files) - answered - named)[:3]}")
        if bool(named) != bool(done.exit_code):
            raise BrokenError(f"exit code {done.exit_code} with {len(named)} files named")
        self.counts[kind] += len(files)
        self.refused[kind] += len(named)
        return done

    def _some(self, files: dict[str, bytes]) -> tuple[str, bytes]:
        name = str(self.rng.choice(sorted(files)))
        return name, files[name]

    def cut_images(self) -> None:
        """A file without its end is never "no ship"."""
        files = {}
        for number in range(IMAGES_AT_ONCE):
            name, data = self._some(self.images)
            files[f"{number}-{name}"] = data[: int(self.rng.integers(1, len(data) - 12))]
        done = self._predict("images cut", files, "--stretch", "auto")
        silent = [name for name in files if f"/{name}: " not in done.stderr and not name.endswith(".pgm")]
        if silent and not all(self._ends_whole(files[name]) for name in silent):
            raise BrokenError(f"cut, and not named: {silent[:3]}")

    @staticmethod
    def _ends_whole(data: bytes) -> bool:
        """Whether all pixels are there: a TIFF may end with tags that nobody needs."""
        try:
            found = decode_image(data, "a", "auto")
        except ImageError:
            return False
        return bool((found == decode_image(mutate.images()["a.tif"], "a")).all()) if len(data) else False

    def broken_images(self) -> None:
        """Whatever the bytes are, each file has a result or a sentence."""
        files, others = {}, list(self.images.values())
        for number in range(IMAGES_AT_ONCE):
            name, data = self._some(self.images)
            files[f"{number}-{name}"] = mutate.broken(data, self.rng, others)
        self._predict("images broken", files)
        if self.rng.random() < REAL:
            call_for_real("predict", self.folder / "in", "--out", self.folder / "real", "--threads", "1")
            self.counts["in processes"] += len(files)

    def joined_images(self) -> None:
        """What stands behind an image changes nothing."""
        for _ in range(IMAGES_AT_ONCE):
            name, data = self._some(self.images)
            behind = self._some(self.images)[1] if self.rng.random() < 0.5 else self.rng.bytes(300)
            try:
                same = np.array_equal(self._pixels(data + behind), self.seen[name])
            except ImageError as error:
                raise BrokenError(f"{name} with {len(behind)} bytes behind it: {error}") from error
            if not same or header_of(data + behind, name) != header_of(data, name):
                raise BrokenError(f"{name}: other pixels with {len(behind)} bytes behind it")
            self.counts["images joined"] += 1

    def some_masks(self) -> None:
        """A mask has a text, or a sentence."""
        others = list(self.masks.values())
        for _ in range(20):
            _, data = self._some(self.masks)
            path = self.folder / "a.png"
            path.write_bytes(mutate.broken(data, self.rng, others))
            self._count("masks", call("rle", "encode", path))

    def _converted(self, kind: str, source: Path, promised: int, *options: object) -> None:
        """Ships written and objects that are said to be left out are together those of the input."""
        target = self.folder / "x.csv"
        target.unlink(missing_ok=True)
        done = call("rle", "convert", source, target, *options)
        self._count(kind, done)
        if done.exit_code:
            if target.exists():
                raise BrokenError("exit code 1, and a file was written")
            return
        ships = sum(len(line.partition(",")[2]) > 0 for line in target.read_text(encoding="utf-8").splitlines()[1:])
        left = sum(map(int, re.findall(r"(\d+) objects? left out", done.stderr)))
        if ships + left < promised:
            raise BrokenError(f"{promised} objects became {ships} ships, {left} are said to be left out")
        if promised and not ships:
            raise BrokenError("all objects are gone with exit code 0")

    def some_coco(self) -> None:
        """COCO files whose values are of other kinds."""
        for _ in range(25):
            data = mutate.misshapen(mutate.coco(), self.rng)
            path = self.folder / "a.json"
            path.write_text(json.dumps(data), encoding="utf-8")
            objects = data.get("annotations") if isinstance(data, dict) else data
            promised = len(objects) if isinstance(objects, list) else 0
            self._converted("COCO", path, promised, "--from", "coco")

    def some_yolo(self) -> None:
        """YOLO files with broken bytes: every line is a ship, is left out, or stops the command."""
        for _ in range(25):
            content = mutate.broken(mutate.yolo().encode(), self.rng, [mutate.yolo().encode()])
            folder = self.folder / "labels"
            folder.mkdir(exist_ok=True)
            (folder / "a.txt").write_bytes(content)
            lines = sum(bool(line.strip()) for line in content.decode("utf-8", "replace").splitlines())
            self._converted("YOLO", folder, lines, "--from", "yolo", "--shape", *mutate.SHAPE)

    def some_csv(self) -> None:
        """CSVs with broken bytes: masks, convert, info."""
        for _ in range(15):
            path = self.folder / "a.csv"
            path.write_bytes(mutate.broken(mutate.airbus().encode(), self.rng, [mutate.airbus().encode()]))
            self._count("CSV", call("rle", "info", path, "--shape", *mutate.SHAPE))
            self._count("CSV", call("rle", "convert", path, self.folder / "x.json", "--shape", *mutate.SHAPE))
            self._count("CSV", call("masks", path, self.folder / "masks", "--shape", *mutate.SHAPE))
            shutil.rmtree(self.folder / "masks", ignore_errors=True)

    def some_bytes(self) -> None:
        """JSON with broken bytes."""
        for _ in range(15):
            path = self.folder / "a.json"
            path.write_bytes(mutate.broken(json.dumps(mutate.coco()).encode(), self.rng, [b"]}", b"\xff"]))
            self._count("JSON", call("rle", "info", path))

    def some_videos(self) -> None:
        """Videos with broken headers and data."""
        files = {}
        for number in range(4):
            name, data = self._some(self.videos)
            files[f"{number}-{name}"] = mutate.broken(data, self.rng, [data])
        folder = self.folder / "in"
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        done = call("predict", *(folder / name for name in files), "--out", self.folder / "out", "--threads", "1")
        self._count("videos", done, len(files))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--seed", type=int, default=None)
    chosen = options.parse_args()
    seed = time.time_ns() % 2**32 if chosen.seed is None else chosen.seed
    folder = Path(tempfile.mkdtemp(prefix="shipedge-fuzz-"))
    driver = Driver(folder / "work", seed)
    try:
        driver.run(chosen.seconds)
    except BrokenError as error:
        print(f"seed {seed}: {error}\nthe input is kept in {folder}")
        return 1
    shutil.rmtree(folder)
    for kind, number in driver.counts.items():
        print(f"{kind:<16}{number:>9} inputs, {driver.refused[kind]} of them named")
    print(f"{'all':<16}{sum(driver.counts.values()):>9} inputs, no complaint (seed {seed})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
