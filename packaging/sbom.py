"""Writes dist/shipedge-VERSION.cdx.json (CycloneDX): what `shipedge[headless]` installs, and what is compiled in.

The environment is read by cyclonedx-py. What zig and pybind11 leave in the compiled module, no package metadata tells.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from wheels import BUILD, DIST, ROOT, TOOLS, run


def main() -> int:
    """Read an environment with the wheel of `make wheels`, add what is compiled in; 1 where that breaks the schema."""
    folder = BUILD / "sbom"
    run(sys.executable, "-m", "venv", "--clear", "--without-pip", folder)
    python = folder / "bin" / "python"
    number = f"cp{sys.version_info.major}{sys.version_info.minor}"
    (wheel,) = DIST.glob(f"shipedge-*-{number}-{number}-*x86_64.whl")
    run(TOOLS / "pip", "--python", python, "install", "--quiet", f"shipedge[headless] @ {wheel.as_uri()}")
    read = folder / "environment.json"
    time = run("git", "log", "-1", "--format=%ct", cwd=ROOT).strip()
    run(
        *(TOOLS / "cyclonedx-py", "environment", "--pyproject", ROOT / "pyproject.toml", "--mc-type", "library"),
        *("--output-reproducible", "--output-file", read, python),
        environment={**os.environ, "SOURCE_DATE_EPOCH": time},
    )
    bill = json.loads(read.read_text(encoding="utf-8"))
    root = bill["metadata"]["component"]["bom-ref"]
    added = compiled_in()
    bill["components"] = [part for part in bill["components"] if part["name"] != "shipedge"] + added
    bill["dependencies"] = [edge for edge in bill["dependencies"] if edge["ref"] != root and known(edge, bill)] + [
        edge_of_root(bill, root, added)
    ]
    text = json.dumps(bill, indent=2) + "\n"
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        print(f"not CycloneDX 1.6: {error}")
        return 1
    out = DIST / f"shipedge-{bill['metadata']['component']['version']}.cdx.json"
    out.write_text(text, encoding="utf-8")
    names = ", ".join(f"{part['name']} {part['version']}" for part in bill["components"])
    print(f"{out.relative_to(ROOT)}: {names}")
    return 0


def compiled_in() -> list[dict[str, Any]]:
    """Components of the compiled module: templates of pybind11, and the libraries that zig links."""
    zig = next(Path(sys.prefix).glob("lib/*/site-packages/ziglang/zig"))
    clang = subprocess.run([zig, "c++", "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"clang version (\S+)", clang)
    llvm = match[1] if match else ""
    return [
        component("pybind11", version("pybind11"), "BSD-3-Clause", f"pkg:pypi/pybind11@{version('pybind11')}"),
        component("libc++", llvm, "Apache-2.0 WITH LLVM-exception", f"pkg:generic/llvm-libcxx@{llvm}"),
        component("libc++abi", llvm, "Apache-2.0 WITH LLVM-exception", f"pkg:generic/llvm-libcxxabi@{llvm}"),
        component("zig compiler-rt", version("ziglang"), "MIT", f"pkg:pypi/ziglang@{version('ziglang')}"),
    ]


def component(name: str, number: str, licence: str, purl: str) -> dict[str, Any]:
    """A library that is part of the module, not installed beside it."""
    return {
        "bom-ref": purl,
        "type": "library",
        "name": name,
        "version": number,
        "purl": purl,
        "licenses": [{"expression": licence}],
        "properties": [{"name": "shipedge:place", "value": "compiled into shipedge._core of the wheels"}],
    }


def known(edge: dict[str, Any], bill: dict[str, Any]) -> bool:
    """Whether the dependencies of this entry are those of a component."""
    return any(part["bom-ref"] == edge["ref"] for part in bill["components"])


def edge_of_root(bill: dict[str, Any], root: str, added: list[dict[str, Any]]) -> dict[str, Any]:
    """What shipedge itself needs: as read, and what is compiled in."""
    read = next((edge.get("dependsOn", []) for edge in bill["dependencies"] if edge["ref"] == root), [])
    refs = {part["bom-ref"] for part in bill["components"]}
    return {
        "ref": root,
        "dependsOn": sorted({ref for ref in read if ref in refs} | {part["bom-ref"] for part in added}),
    }


if __name__ == "__main__":
    sys.exit(main())
