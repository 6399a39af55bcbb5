"""What systemd is told, and the unit that makes it ask."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from contextlib import suppress
from pathlib import Path
from time import clock_gettime_ns, monotonic

__all__ = ["Watchdog", "notify", "unit"]

_WATCHDOG_S = 60


def notify(*lines: str) -> bool:
    """Tells systemd, where it asked to be told (`NOTIFY_SOCKET`); whether it did.

    The protocol is that of sd_notify(3): lines of NAME=VALUE in one datagram.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")) or not hasattr(socket, "AF_UNIX"):
        return False
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.connect("\0" + address[1:] if address.startswith("@") else address)
        sender.send("\n".join(lines).encode())
        return True
    return False


def reloading() -> None:
    """Tells that the file is read again; `READY=1` has to follow."""
    notify("RELOADING=1", f"MONOTONIC_USEC={clock_gettime_ns(1) // 1000}")


class Watchdog:
    """Feeds the watchdog with frames: a process that runs and looks at nothing is ended and started again.

    While no source gives frames, and that is known, there is nothing to look at: then the turns of the loop feed it,
    and `/healthz` says what is wrong.
    """

    def __init__(self) -> None:
        """Asks how often it has to be fed."""
        given = os.environ.get("WATCHDOG_USEC", "")
        self._step_s = int(given) / 4e6 if given.isdecimal() and int(given) else None
        self._next = 0.0
        self._frames, self._turns = 0, 0

    def look(self, frames: int, turns: int, is_idle: bool) -> None:
        """Feeds it where a frame was done since the last time; or a turn, where it is idle."""
        if self._step_s is None or monotonic() < self._next:
            return
        if frames != self._frames or (is_idle and turns != self._turns):
            self._next = monotonic() + self._step_s
            self._frames, self._turns = frames, turns
            notify("WATCHDOG=1")


def unit(config: str) -> str:
    """A unit for `shipedge serve CONFIG`, to be read before it is installed; it runs as the owner of that file."""
    path = Path(config).absolute()
    owner = path.owner() if path.exists() and os.name == "posix" else "root"
    user = "" if owner == "root" else f"User={owner}\n"
    command = shlex.join([sys.executable, "-m", "shipedge", "serve", str(path)])
    return f"""\
# shipedge serve {path.name} --install-unit | sudo tee /etc/systemd/system/shipedge.service
# sudo systemctl daemon-reload && sudo systemctl enable --now shipedge
# Passwords as VARIABLE=value in /etc/shipedge.env, which only root can read.
[Unit]
Description=shipedge: ships in cameras and streams
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart={command.replace("%", "%%")}
ExecReload=/bin/kill -HUP $MAINPID
{user}WorkingDirectory={str(path.parent).replace("%", "%%")}
EnvironmentFile=-/etc/shipedge.env
WatchdogSec={_WATCHDOG_S}
Restart=always
RestartSec=5
TimeoutStartSec=600
TimeoutStopSec=20
NoNewPrivileges=yes
ProtectSystem=full
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
UMask=0077

[Install]
WantedBy=multi-user.target
"""
