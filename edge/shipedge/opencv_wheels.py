"""Which distribution OpenCV comes from: several bring the package `cv2`, and two of them spoil each other's files."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

__all__ = ["extra_of_device", "installed", "repair", "require_opencv"]

_DISTRIBUTIONS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def installed() -> list[str]:
    """Names of the installed distributions that bring `cv2`; more than one is a fault."""
    return [name for name in _DISTRIBUTIONS if _is_installed(name)]


def extra_of_device() -> str:
    """The extra to advise for the device runtime: "headless" where "edge" would bring a second OpenCV."""
    names = installed()
    return "headless" if names and all(name.endswith("-headless") for name in names) else "edge"


def repair() -> str:
    """Commands that leave one whole OpenCV, which needs no libraries of a screen."""
    remove = f"pip uninstall -y {' '.join(installed())} && " if installed() else ""
    return f'{remove}pip install "shipedge[headless]"'


def require_opencv() -> None:
    """Check that OpenCV is there, without the time that its import takes.

    Raises:
        ModuleNotFoundError: it is not installed.
        BackendError: it is not whole. Uninstalling one of two distributions leaves a folder `cv2` without a program,
            which Python imports all the same.
    """
    spec = find_spec("cv2")
    if spec is None:
        raise ModuleNotFoundError("No module named 'cv2'", name="cv2")
    if spec.origin is None:
        from shipedge.errors import BackendError  # loads the core, which may be broken too

        raise BackendError(f"OpenCV is not whole (its package cv2 is empty), install it anew: {repair()}")


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
