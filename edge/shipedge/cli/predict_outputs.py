"""What ``shipedge predict`` and ``export`` write besides the log: checked before the work, made after it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shipedge.cli.predict_options import OutputOptions

if TYPE_CHECKING:
    from shipedge.events import Summary
    from shipedge.sinks import Sink
    from shipedge.sources import Source

__all__ = ["check", "drawn", "sinks_of", "write_exports", "write_failed"]

FAILED = "failed.txt"


def check(
    folder: Path,
    outputs: OutputOptions,
    inputs: Sequence[str],
    sources: Sequence[Source],
    force: bool,
    exported: bool = False,
) -> None:
    """Refuses outputs that would destroy something, or in which two sources would have one name.

    Args:
        folder: of the results.
        outputs: files to make.
        inputs: files and folders that are read.
        sources: those of the run.
        force: replace what is there.
        exported: the log is there already, and one of the inputs.

    Raises:
        DatasetError: see `check_outputs` and `check_names`.
        OSError: see `check_outputs`.
    """
    from shipedge.errors import DatasetError
    from shipedge.events.reading import LOG, log_files
    from shipedge.exports import EXPORTS
    from shipedge.files.outputs import Kind, check_outputs
    from shipedge.sinks.csv import check_names
    from shipedge.sinks.downlink import NAME as DOWNLINK
    from shipedge.sinks.names import FileNames

    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder} is a file, expected a folder for the results")
    wanted: dict[str | os.PathLike[str], Kind] = {} if exported else {folder / LOG: "JSON"}
    if not exported:
        wanted |= {folder / FAILED: "text", folder / DOWNLINK: "JSON"}
        if (folder / FAILED).exists() and not log_files(folder / LOG) and not force:
            raise DatasetError(
                f"{folder / FAILED} is of no run of shipedge, expected another --out (--force replaces it)"
            )
    if outputs.annotate:
        for name in FileNames(sources).values():
            wanted[folder / "annotated" / name] = "JPEG" if name.endswith(".jpg") else "MP4"
    for name, path in outputs.files().items():
        if path in wanted:
            raise DatasetError(f"{path} and {path} are the same file, expected one for each output")
        wanted[path] = EXPORTS[name].kind
    if outputs.crops and not force:
        _refuse_among_inputs(folder / "crops", [*inputs, *(source.name for source in sources)])
    check_outputs(wanted, [*inputs, *(source.name for source in sources)], force=force, made=folder)
    if outputs.csv is not None or outputs.coco is not None:
        check_names(sources)


def _refuse_among_inputs(crops: Path, inputs: Sequence[str]) -> None:
    """What is cut out of images has names that are not known before, so it must lie elsewhere than these."""
    from shipedge.errors import DatasetError

    place = os.path.realpath(crops)
    for name in inputs:
        path = os.path.realpath(name)
        if place in (path, os.path.dirname(path)):  # noqa: PTH120
            raise DatasetError(f"{crops} holds inputs, expected another --out (--force writes there)")


def sinks_of(folder: Path, outputs: OutputOptions, sources: Sequence[Source]) -> list[Sink]:
    """What takes pixels while they are there."""
    from shipedge.sinks.annotate import Annotated
    from shipedge.sinks.crops import Crops

    sinks: list[Sink] = [Annotated(folder / "annotated", sources)] if outputs.annotate else []
    return [*sinks, Crops(folder / "crops", sources)] if outputs.crops else sinks


def write_exports(log: Path, outputs: OutputOptions, summary: Summary) -> tuple[list[str], int]:
    """Makes the other files from the log; notes those that are lost in the summary.

    Returns:
        The names of what was written, and how many are lost. Without a frame earlier results are left alone.
    """
    from shipedge.exports import export

    if not summary.frames:
        return [], 0
    written, lost = export(log, outputs.files())
    summary.failed += lost
    return [str(log), *drawn(log.parent, outputs), *map(str, written)], len(lost)


def drawn(folder: Path, outputs: OutputOptions) -> list[str]:
    """The folders of images that are made."""
    there = {"annotated": outputs.annotate, "crops": outputs.crops}
    return [str(folder / name) for name, wanted in there.items() if wanted]


def write_failed(folder: Path, summary: Summary) -> None:
    """The list of sources that could not be read, one a line; none where all could."""
    from shipedge.files.atomic import write_atomic

    path = folder / FAILED
    if summary.unread:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(path, b"".join(os.fsencode(name) + b"\n" for name in summary.unread))
    elif summary.frames and path.is_file():
        path.unlink()
