"""Expected failures as one sentence: what went wrong, where, what to do. Anything else stays a traceback (a bug)."""

import errno
import os

import click

from shipedge.cli.terminal import LONGEST, printable
from shipedge.system import memory

# Which extra of the distribution brings a module that may be absent.
_EXTRA_OF = {
    "ai_edge_litert": "edge",
    "cv2": "edge",
    "fastapi": "serve",
    "fsspec": "scale",
    "h5py": "train",
    "jinja2": "train",
    "keras": "train",
    "matplotlib": "train",
    "paho": "serve",
    "prometheus_client": "serve",
    "pyarrow": "scale",
    "pydantic": "serve",
    "ray": "scale",
    "simplejpeg": "edge",
    "tensorboardX": "train",
    "tensorflow": "train",
    "tomli": "edge",
    "uvicorn": "serve",
}
_LONGEST_TYPED = 300  # characters: what was typed stands above the complaint


def as_click(error: Exception, command: str) -> click.ClickException:
    """The sentence for an expected failure of ``command``; an unexpected one is raised again as it is.

    Args:
        error: what the command raised.
        command: name of the subcommand, as typed.

    Returns:
        An exception that click prints as ``Error: <sentence>``, exit code 1.
    """
    return click.ClickException(printable(_sentence(error, command)))


def on_one_line(error: click.ClickException) -> click.ClickException:
    """A complaint of click about words that were typed, whose message keeps to its line; help that it shows stays."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error
    longest = _LONGEST_TYPED if isinstance(error, click.UsageError) else LONGEST
    vars(error).update(message=printable(error.message, longest))
    return error


def _sentence(error: Exception, command: str) -> str:
    if text := memory.sentence(error):
        return text
    if f"{type(error).__module__}.{type(error).__name__}" == "cv2.error":  # its text is for who wrote the call
        return f"OpenCV failed in {getattr(error, 'func', None) or 'one of its functions'}"
    if isinstance(error, (ImportError, AttributeError)):
        from shipedge.system.opencv_wheels import explain

        if sentence := explain(error):
            return sentence
    if isinstance(error, ImportError):
        return _import_sentence(error, command)
    if isinstance(error, OSError):
        return _os_sentence(error)
    from shipedge.errors import ShipedgeError  # loads the core: only worth it once something failed

    if isinstance(error, ShipedgeError):
        return str(error)
    raise error


def _import_sentence(error: ImportError, command: str) -> str:
    module = (error.name or "").partition(".")[0]
    if not isinstance(error, ModuleNotFoundError):
        if (error.path or "").endswith((".so", ".pyd", ".dylib")):  # damaged, or built for another machine
            return f"cannot load {error.path}: {error}"
        if error.name == "shipedge._core":  # it says itself why it cannot work here
            return str(error)
        raise error
    if error.name == "shipedge._core":
        return "the compiled core shipedge._core is missing from this source tree; build it with: pip install -e ."
    if module not in _EXTRA_OF:
        raise error
    extra = _EXTRA_OF[module]
    if extra == "edge":
        from shipedge.system.opencv_wheels import extra_of_device

        extra = extra_of_device()
    return f'shipedge {command} needs: pip install "shipedge[{extra}]" (module {module} is missing)'


def _os_sentence(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    name = error.filename2 or error.filename
    if name is None and error.errno in (errno.ENOSPC, errno.EFBIG):  # files of ours always have their name
        name = "standard output"
    if name is None:
        return reason
    return f"{os.fsdecode(name) if isinstance(name, (str, bytes)) else name}: {reason[:1].lower()}{reason[1:]}"
