"""Which distribution OpenCV comes from: several bring the package `cv2`, and two of them spoil each other's files."""

from __future__ import annotations

import io
import traceback
from contextlib import redirect_stderr
from importlib.metadata import PackageNotFoundError, version

from shipedge.system.memory import require_for_opencv

__all__ = ["explain", "extra_of_device", "installed", "repair", "require_opencv"]

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
    """Import OpenCV.

    Raises:
        ModuleNotFoundError: it is not installed.
        BackendError: it cannot be loaded, or is not whole.
        MemoryError: there is too little memory for it.
    """
    require_for_opencv()
    try:
        with redirect_stderr(io.StringIO()):  # NumPy writes a page about modules that were built for an older one
            import cv2
        cv2.imread  # noqa: B018
    except (ImportError, AttributeError) as error:
        sentence = explain(error)
        if sentence is None:
            raise
        from shipedge.errors import BackendError  # loads the core, which may be broken too

        raise BackendError(sentence) from error


def explain(error: Exception) -> str | None:
    """The sentence for an error that comes from an OpenCV which is installed and broken; None for any other error."""
    if isinstance(error, AttributeError) and getattr(error.obj, "__name__", "") == "cv2":
        if hasattr(error.obj, "__version__"):
            return None
        # Uninstalling one of two distributions leaves a folder without a program, which Python imports all the same.
        return f"OpenCV is not whole (its package cv2 is empty), install it anew: {repair()}"
    if not isinstance(error, ImportError) or isinstance(error, ModuleNotFoundError):
        return None
    modules = {str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)}
    if error.name != "cv2" and "cv2" not in modules:
        return None
    return f"OpenCV cannot be loaded ({error}); this installs one that needs no screen: {repair()}"


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
