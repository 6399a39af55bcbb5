"""Runs a few lines in a process that may take little more memory than it has at first."""

import subprocess
import sys

HEADROOM_MIB = 48  # more than any of these calls may take, far less than the 4 GiB of the masks they are about
LIMITED = f"""
import resource
import numpy as np
from shipedge import rle
from shipedge.errors import RleFormatError

def refused(call, error=RleFormatError):
    try:
        call()
    except error as found:
        return str(found)
    raise SystemExit("not refused")

WIDE = (65535, 65537)  # 2^32 - 1 pixels, the most there can be
value = rle.parse("1 5", WIDE)
with open("/proc/self/status") as status:
    used = next(int(line.split()[1]) for line in status if line.startswith("VmSize"))
limit = used * 1024 + {HEADROOM_MIB} * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
"""


def run_limited(code):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED + code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
