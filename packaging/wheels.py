"""Builds and checks the wheels for Linux, from the source archive: ``packaging/wheels.py [cp311-x86_64 ...]``.

Each wheel is built by a Python of its own version on this machine (x86-64 Linux): headers and the module's suffix are
those of the version, and aarch64 differs in compiler, suffix and tag alone. `make wheels` makes ready what is needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
TOOLS = BUILD / "tools" / "bin"
CMAKE = TOOLS / "cmake"
DIST = ROOT / "dist"
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.14t")
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
# Debian's releases, for versions that this machine lacks, and for the other machine.
SUITES = {"3.11": "bookworm", "3.13": "trixie", "3.14": "forky"}
LARGEST = 12_000_000  # bytes of a wheel


class Target(NamedTuple):
    """One wheel: `version` of Python, with a "t" where it is free-threaded, and `machine`."""

    version: str
    machine: str

    @property
    def name(self) -> str:
        """As in cp311-x86_64."""
        return f"cp{self.version.replace('.', '')}-{self.machine}"

    @property
    def suffix(self) -> str:
        """Of the file of its module."""
        return f".cpython-{self.version.replace('.', '')}-{self.machine}-linux-gnu.so"

    @property
    def tags(self) -> str:
        """Both names of manylinux2014, as the build backend takes a list."""
        number = self.version.replace(".", "")
        names = (f"{name}_{self.machine}" for name in ("manylinux2014", "manylinux_2_17"))
        return ";".join(f"cp{number.rstrip('t')}-cp{number}-{name}" for name in names)


def main(names: list[str]) -> int:
    """Build the targets of these names, all where there is none; 1 when one could not be built."""
    targets = [Target(version, machine) for version in VERSIONS for machine in MACHINES]
    unknown = set(names) - {target.name for target in targets}
    if unknown:
        sys.exit(f"unknown wheels {sorted(unknown)}, known are {', '.join(target.name for target in targets)}")
    source = unpack(build_source())
    missing = 0
    for target in targets:
        if names and target.name not in names:
            continue
        python = find_python(target.version)
        if python is None:
            print(f"{target.name}: no Python {target.version.rstrip('t')} on this machine, so no wheel", flush=True)
            missing += 1
            continue
        built = build(source, build_core(source, target), target, python)
        audit(built, target)
        check(built, target)
        wheel = Path(shutil.copy(built, DIST))
        print(f"{wheel.relative_to(ROOT)}: {wheel.stat().st_size / 1e6:.2f} MB, by the headers of {python}", flush=True)
    return 1 if missing else 0


def build_source() -> Path:
    """The source archive in dist/, which holds what git knows and nothing else."""
    run(TOOLS / "python", "-m", "build", "--sdist", "--outdir", DIST, ROOT)
    (source,) = DIST.glob("*.tar.gz")
    stem = source.name.removesuffix(".tar.gz")
    names = run("tar", "-tzf", source).splitlines()
    known = set(run("git", "ls-files", cwd=ROOT).splitlines()) | {"PKG-INFO"}
    extra = {name.removeprefix(f"{stem}/") for name in names} - known
    if extra:
        sys.exit(f"{source.name} holds files that git does not know: {sorted(extra)[:5]}")
    return source


def unpack(archive: Path) -> Path:
    """The folder that the archive holds; wheels and cores of an earlier one are dropped."""
    folder = BUILD / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run("tar", "-xzf", archive, "-C", folder)
    return folder / archive.name.removesuffix(".tar.gz")


def find_python(version: str) -> Path | None:
    """A Python of this version that runs here; the headers of a free-threaded one are those of the other."""
    version = version.rstrip("t")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    here = shutil.which(f"python{version}")
    test = "import pathlib, sysconfig; assert pathlib.Path(sysconfig.get_path('include'), 'Python.h').is_file()"
    for candidate in [*sorted(pyenv.glob(f"{version}.*/bin/python{version}")), *([Path(here)] if here else [])]:
        if subprocess.run([candidate, "-c", test], capture_output=True, check=False).returncode == 0:
            return candidate
    return find_debian(version, "x86_64")


def find_debian(version: str, machine: str) -> Path | None:
    """The Python of a release of Debian, for machine aarch64 in an emulator; None where none has this version."""
    if version not in SUITES:
        return None
    folder = BUILD / "pythons" / f"{version}-{machine}"
    run(ROOT / "packaging" / "debian_python.sh", folder, SUITES[version], version, MACHINES[machine])
    return folder / "python" / "bin" / "python"


def environment(target: Target) -> dict[str, str]:
    """What zig.cmake and the build backend read."""
    version = target.version.rstrip("t")
    roots = {number: BUILD / "pythons" / f"{number}-{target.machine}" / "root" for number in (version, "3.13")}
    find_debian("3.13", target.machine)
    # The headers of Debian's Python differ by machine and include one another.
    flags = [f"-isystem {roots[version]}/usr/include"] if find_debian(version, target.machine) else []
    if target.version.endswith("t"):
        flags.append("-DPy_GIL_DISABLED=1")  # all that its pyconfig.h has more
    return {
        **os.environ,
        "CMAKE_TOOLCHAIN_FILE": str(ROOT / "packaging" / "zig.cmake"),
        "SHIPEDGE_MACHINE": target.machine,
        "SHIPEDGE_ZIG": next(str(path) for path in (BUILD / "tools").glob("lib/*/site-packages/ziglang/zig")),
        "SHIPEDGE_LIBGCC": str(roots["3.13"] / "usr" / "lib" / f"{target.machine}-linux-gnu" / "libgcc_s.so.1"),
        "SHIPEDGE_FLAGS": " ".join(flags),
        "SETUPTOOLS_EXT_SUFFIX": target.suffix,
        "SOURCE_DATE_EPOCH": run("git", "log", "-1", "--format=%ct", cwd=ROOT).strip(),
    }


def build_core(source: Path, target: Target) -> Path:
    """The library of the core for a machine, which no version of Python matters to."""
    folder = BUILD / "wheels" / f"core-{target.machine}"
    if not (library := folder / "libshipedge_core.a").exists():
        make = (CMAKE, "-S", source, "-B", folder, "-G", "Ninja", "-DSHIPEDGE_MODULE=OFF")
        run(*make, environment=environment(target))
        run(CMAKE, "--build", folder, environment=environment(target))
    return library


def build(source: Path, core: Path, target: Target, python: Path) -> Path:
    """The wheel as zig makes it."""
    folder = BUILD / "wheels" / target.name
    shutil.rmtree(folder, ignore_errors=True)
    settings = {
        "wheel.tags": target.tags,
        "cmake.define.SHIPEDGE_CORE": core,
        # The bindings as a few large files: a third of the time, and nothing is left for the linker to optimize.
        "cmake.define.CMAKE_UNITY_BUILD": "ON",
        "cmake.define.CMAKE_INTERPROCEDURAL_OPTIMIZATION": "OFF",
        "cmake.define.PYBIND11_USE_CROSSCOMPILING": "ON",  # the module's suffix is the target's, not that of `python`
    }
    pip = [TOOLS / "pip", "--python", python, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder]
    for name, value in settings.items():
        pip += ["--config-settings", f"{name}={value}"]
    run(*pip, source, environment=environment(target))
    (wheel,) = folder.glob("*.whl")
    return wheel


def audit(wheel: Path, target: Target) -> None:
    """Symbols and libraries are those of manylinux2014, as the name says; `repair` knows only this machine's kind."""
    says = run(TOOLS / "auditwheel", "show", wheel)
    if f'"manylinux_2_17_{target.machine}"' not in says:
        sys.exit(f"{wheel.name} is not what its name says:\n{says}")


def check(wheel: Path, target: Target) -> None:
    """Two packages, the module that this Python looks for, the licence, and neither tests nor libraries of others."""
    with zipfile.ZipFile(wheel) as archive:
        names = [PurePosixPath(name) for name in archive.namelist()]
    tops = {name.parts[0] for name in names if not name.parts[0].endswith(".dist-info")}
    modules = [name for name in names if ".so" in name.name]
    wrong = [str(name) for name in names if "tests" in name.parts or name.suffix in (".cpp", ".hpp", ".md")]
    expected = [f"_core{target.suffix}"]
    if tops != {"shipedge", "shipedge_train"} or [module.name for module in modules] != expected or wrong:
        sys.exit(f"{wheel.name}: packages {sorted(tops)}, modules {modules}, files that do not belong {wrong[:5]}")
    if not any(name.name == "LICENSE" for name in names):
        sys.exit(f"{wheel.name}: no licence")
    if wheel.stat().st_size > LARGEST:
        sys.exit(f"{wheel.name}: {wheel.stat().st_size:,} bytes, expected at most {LARGEST:,}")


def works(*command: str | Path) -> bool:
    """Whether the command ends with 0."""
    return subprocess.run(list(map(str, command)), capture_output=True, check=False).returncode == 0


def run(*command: str | Path, environment: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """Standard output; where the command fails, its words and the end of this program."""
    words = list(map(str, command))
    done = subprocess.run(words, env=environment, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}\n{done.stdout[-4000:]}{done.stderr[-8000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
