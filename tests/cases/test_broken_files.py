"""One round of `tests/fuzz/commands.py`: broken images, masks, videos and label files through the commands."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="OpenCV is not installed (extra edge)")
pytest.importorskip("ai_edge_litert", reason="no TFLite runtime is installed (extra edge)")


def test_a_round_of_broken_files():
    driver = Path(__file__).parents[1] / "fuzz" / "commands.py"
    command = [sys.executable, str(driver), "--seconds", "0.1", "--seed", "20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    counts = {line[:16].strip(): int(line[16:].split()[0]) for line in done.stdout.splitlines() if "inputs" in line}
    assert {"images cut", "images broken", "images joined", "masks", "COCO", "YOLO", "CSV", "JSON", "videos"} < {
        *counts
    }
    assert counts["all"] > 200
