"""What this machine seems to have, without starting anything: device nodes, drivers, vendors' libraries."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from shipedge.files.inputs import open_input

__all__ = ["driver_identity", "find_gpu", "find_npu", "library_identity"]

_GPUS = ("dri/renderD*", "nvidia[0-9]*", "nvhost-gpu", "nvgpu/*", "mali*", "kgsl-3d*", "dxg")
_NPUS = ("accel/accel*", "fastrpc-cdsp*", "adsprpc-smd*", "apusys*", "edgetpu*")
_ICDS = ("/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d")
_VERSIONS = ("/proc/driver/nvidia/version", "/sys/module/nvidia/version", "/etc/nv_tegra_release")


def find_gpu(dev: Path = Path("/dev")) -> tuple[str, str]:
    """What looks like a GPU, or "", and why not. A Vulkan driver without a device counts where it is named."""
    named = os.environ.get("VK_DRIVER_FILES") or os.environ.get("VK_ICD_FILENAMES")
    if named:
        return named, ""
    if sys.platform == "darwin":
        return "Metal", ""
    return _node(dev, _GPUS, "GPU")


def find_npu(dev: Path = Path("/dev")) -> tuple[str, str]:
    """What looks like an NPU that LiteRT can be linked to, or "", and why not."""
    node, reason = _node(dev, _NPUS, "NPU")
    if not node:
        return "", reason
    spec = find_spec("ai_edge_litert")
    folders = (spec and spec.submodule_search_locations) or []
    libraries = [str(path) for folder in folders for path in Path(folder).glob("vendors/*/dispatch/*LiteRtDispatch*")]
    return (node, "") if libraries else ("", f"{node} is here, but no LiteRT dispatch library of its vendor")


def _node(dev: Path, patterns: tuple[str, ...], kind: str) -> tuple[str, str]:
    nodes = sorted(str(path) for pattern in patterns for path in dev.glob(pattern))
    if usable := [node for node in nodes if os.access(node, os.R_OK | os.W_OK)]:
        return usable[0], ""
    if nodes:
        return "", f"no permission for {nodes[0]} (join the group that owns it)"
    return "", f"no {kind} in {dev}"


def driver_identity() -> list[str]:
    """What says that GPU or NPU and their drivers are still the same."""
    return [platform.release(), platform.machine(), platform.node(), *sorted(_drivers())]


def _drivers() -> Iterator[str]:
    for device in Path("/sys/class/drm").glob("renderD*/device"):
        yield from (_text(device / name) for name in ("vendor", "device"))
    named = os.environ.get("VK_DRIVER_FILES") or os.environ.get("VK_ICD_FILENAMES") or ""
    icds = [Path(name) for name in named.split(os.pathsep) if name]
    if not icds:
        icds = [path for folder in _ICDS for path in Path(folder).glob("*.json")]
    for path in icds:
        yield f"{path} {_stamp(path)}"
    for name in _VERSIONS:
        yield _text(Path(name))


def library_identity(library: str) -> list[str]:
    """What says that a delegate library is still the same; of one that the loader finds by its name, only the name."""
    path = Path(library)
    digest = hashlib.sha256()
    try:
        with open_input(path, pipes=False) as file:
            while part := file.read(1 << 20):
                digest.update(part)
        return [str(path.resolve()), _stamp(path), digest.hexdigest()]
    except OSError:
        return [library]


def _stamp(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size} {found.st_mtime_ns}"


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(4096).decode("utf-8", "replace")
    except OSError:
        return ""
