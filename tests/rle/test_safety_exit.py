"""Threads that are inside the core while the process ends or forks, other interpreters, swapped types."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from shipedge import rle
from stress import in_a_loop

DAEMONS = """
import threading, time
import numpy as np
from shipedge import _core, rle

mask = (np.random.default_rng(0).random((900, 900)) < 0.3).astype(np.uint8)
wide = mask.astype(">i4")
value, out = rle.Rle.from_mask(mask), np.zeros((8, 768, 768), np.uint8)
rows, painter = [["1 500000"]] * 8, rle.MaskBatch(np.zeros_like(out), 2)
points, names = np.random.default_rng(0).random((5000, 2)) * 900, "".join(f"{i}$,1 2\\n" for i in range(5000))

def work():
    while True:
        CALL

for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.2)
"""


def run(code, timeout=120):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=timeout, check=False)


@pytest.mark.parametrize(
    "call",
    [
        "value.dilate(3)",
        "value.transpose()",
        "value | ~value",
        "rle.decode_batch(rows, out, threads=4)",
        "painter.paint(rows)",
        "rle.encode(mask)",
        "rle.encode(wide)",
        "rle.areas(value for _ in range(100))",
        "rle.from_labels(mask)",
        "rle.to_labels([value], (900, 900))",
        "rle.from_polygons([points], (900, 900))",
        "rle.from_polygons([points.astype('f')], (900, 900))",
        "rle.components(value)",
        "rle.to_png(value)",
        "_core.index_bytes('a.csv', ('ImageId,EncodedPixels\\n' + names).encode(), lambda name: True)",
    ],
)
def test_the_process_ends_while_threads_work(call):
    """CPython before 3.14 ends such a thread when it asks for the lock; it must not take the process with it."""
    done = run(DAEMONS.replace("CALL", call))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forks_while_threads_start_threads():
    done = run(
        "import os, threading, warnings\nimport numpy as np\nfrom shipedge import rle\n"
        "warnings.simplefilter('ignore')\n"
        "outs = [np.zeros((6, 40, 50), np.uint8) for _ in range(4)]\n"
        "def work(out):\n"
        "    while True:\n"
        "        rle.decode_batch([['1 5']] * 6, out, threads=3)\n"
        "for out in outs[1:]:\n"
        "    threading.Thread(target=work, args=(out,), daemon=True).start()\n"
        "for _ in range(150):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        rle.decode_batch([['1 5']] * 6, outs[0], threads=4)\n"
        "        os._exit(0)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_batch_that_was_painted_during_the_fork():
    """The child has no thread that would ever finish."""
    rows = [["1 200000"]] * 64
    painter = rle.MaskBatch(np.zeros((64, 500, 500), np.uint8), 2)
    stopped, failures = threading.Event(), []
    thread = in_a_loop(lambda _: painter.paint(rows), stopped, failures)
    time.sleep(0.05)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            painter.paint(rows)
            said = b"painted"
        except ValueError as error:
            said = str(error).encode()
        os.write(write, said)
        os._exit(0)
    end = time.monotonic() + 60
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        assert time.monotonic() < end, "the child hangs"
        time.sleep(0.01)
    stopped.set()
    thread.join()
    said = os.read(read, 1000).decode()
    os.close(read)
    os.close(write)
    assert failures == []
    assert said in ("painted", "this MaskBatch was painted by a thread when the process was forked, expected a new one")
    assert painter.paint(rows).all(where=np.arange(500 * 500).reshape(500, 500).T < 200_000)


def test_another_interpreter_is_refused():
    done = run(
        "try:\n    import _interpreters as them\nexcept ImportError:\n    import _xxsubinterpreters as them\n"
        "code = 'try:\\n    import shipedge.rle\\nexcept ImportError as error:\\n    print(error)'\n"
        "them.run_string(them.create(), code)\n"
    )
    assert done.returncode == 0, done.stderr
    assert "main interpreter" in done.stdout or "does not support loading in subinterpreters" in done.stdout


@pytest.mark.parametrize("value", [rle.parse("1 2", (3, 3)), rle.MaskBatch(np.zeros((1, 2, 2), np.uint8))])
@pytest.mark.parametrize("kind", [rle.Rle, rle.CsvIndex, rle.MaskBatch])
def test_types_are_not_swapped(value, kind):
    if type(value) is kind:
        return
    with pytest.raises(TypeError):
        value.__class__ = kind


@pytest.mark.parametrize("kind", [rle.Rle, rle.CsvIndex, rle.MaskBatch])
def test_types_are_not_changed(kind):
    with pytest.raises(TypeError, match="immutable type"):
        kind.__init__ = lambda self: None
    with pytest.raises(TypeError, match="immutable type"):
        del kind.__init__
