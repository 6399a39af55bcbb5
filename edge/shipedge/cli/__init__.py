"""The ``shipedge`` command: a group that imports a subcommand only when that subcommand is called.

Own commands stand in ``COMMANDS``. The training package adds its own through entry points of the group
``shipedge.commands``, so this package never names it; a command whose libraries are absent answers with the extra to
install.
"""

import contextlib
import signal
import sys
from typing import Any

import click

from shipedge.cli import errors, terminal
from shipedge.cli.lazy import Lazy, LazyGroup
from shipedge.cli.opencv_environment import drop_malformed
from shipedge.system import memory, signals

_SHORT = 64 << 20  # bytes
ENTRY_POINTS = "shipedge.commands"


COMMANDS = {
    "bench": Lazy("shipedge.cli.bench:bench", "Time the run-length core on this machine."),
    "doctor": Lazy("shipedge.cli.doctor:doctor", "Say what works on this machine, and what to install."),
    "evaluate": Lazy(
        "shipedge.cli.evaluate:evaluate", "Score predicted ships against the truth (official F2, Dice, AUC)."
    ),
    "export": Lazy("shipedge.cli.export:export", "Make CSV, GeoJSON, COCO, SQLite or images from predictions."),
    "masks": Lazy("shipedge.cli.masks:masks", "Write one mask file per image of an Airbus CSV."),
    "predict": Lazy("shipedge.cli.predict:predict", "Find ships in images, folders, videos or a camera."),
    "rle": Lazy("shipedge.cli.rle:rle", "Run-length masks from and to images, COCO, YOLO and CSV."),
    "serve": Lazy("shipedge.cli.serve:serve", "Watch cameras and streams for weeks, with a page and events."),
}

# Help lines of the commands that come by entry point: known here because loading them would import their libraries.
ADDED_HELP = {
    "config": "List, show and copy the recipes that come along.",
    "convert": "Turn trained models into a verified TFLite bundle.",
    "crossval": "Score a recipe by cross-validation.",
    "data": "Verify, split, look at and augment a dataset.",
    "report": "Draw a training run and its scores as one offline page.",
    "synth": "Render scenes with exact ship masks.",
    "train": "Train the models of the cascade.",
}


class Shipedge(LazyGroup):
    """``COMMANDS`` and the entry points; turns every expected failure into one sentence."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """As click does it, with standard streams that take everything and signals that end in order."""
        standalone = extra.pop("standalone_mode", True)
        extra["standalone_mode"] = False  # click would call a signal "Aborted!" and forget its number
        with signals.stopping(to_the_end=standalone):
            terminal.prepare()
            try:
                if not standalone:
                    return super().main(*args, **extra)
                sys.exit(self._exit_code(*args, **extra))
            finally:
                terminal.finish()

    def _exit_code(self, *args: Any, **extra: Any) -> int:
        """Run the command and tell its failure."""
        try:
            code: int | None = super().main(*args, **extra)
            signals.check()  # the exception of a signal may have been lost on its way
        except (KeyboardInterrupt, click.Abort) as error:
            number = signals.asked() or signal.SIGINT
            if number == signal.SIGINT and not memory.is_left(_SHORT):  # OpenBLAS interrupts itself
                click.echo(f"Error: {memory.SENTENCE}", err=True)
                return 1
            text = "Interrupted" if number == signal.SIGINT else f"Stopped by {signal.Signals(number).name}"
            with contextlib.suppress(OSError):
                click.echo(text if isinstance(error, click.Abort) else f"\n{text}", err=True)  # click ends the line
            return 128 + number
        except (OSError, MemoryError, click.ClickException) as error:  # `invoke` has made sentences of all others
            complaint = error if isinstance(error, click.ClickException) else errors.as_click(error, "")
            with contextlib.suppress(OSError):  # standard error may be full, too
                errors.on_one_line(complaint).show()
            return complaint.exit_code
        return code or 0

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """As click does it; words that were typed stay on the line of their complaint."""
        try:
            return super().make_context(*args, **extra)
        except click.ClickException as error:
            raise errors.on_one_line(error) from None

    def table(self) -> dict[str, Lazy]:
        """Own commands win, so an installed package cannot replace ``shipedge predict``."""
        from importlib.metadata import entry_points

        added = {
            entry.name: Lazy(entry.value, ADDED_HELP.get(entry.name, f"Added by {entry.module.partition('.')[0]}."))
            for entry in entry_points(group=ENTRY_POINTS)
        }
        return added | self.commands_by_name

    def load(self, name: str, lazy: Lazy) -> click.Command:
        """Import one command; libraries that are absent are a sentence."""
        try:
            command = super().load(name, lazy)
            signals.check()
        except ImportError as error:
            signals.check()
            raise errors.as_click(error, name) from error
        return command

    def invoke(self, ctx: click.Context) -> None:
        """Run the command; expected failures become a sentence and an exit code, never a traceback."""
        try:
            memory.require()
            for note in drop_malformed():
                terminal.say(note, err=True)
            super().invoke(ctx)
            sys.stdout.flush()  # a closed pipe shows itself here, while it can still be answered quietly
        except BrokenPipeError:
            terminal.silence(sys.stdout)
            ctx.exit(1)
        except click.ClickException as error:
            raise errors.on_one_line(error) from None
        except (click.exceptions.Exit, click.exceptions.Abort):
            raise
        except Exception as error:
            signals.check()  # an import that a signal interrupts may end in any error
            raise errors.as_click(error, ctx.invoked_subcommand or "") from error


def _print_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from shipedge import __version__

        click.echo(f"shipedge {__version__}")
        ctx.exit()


@click.group(cls=Shipedge, commands_by_name=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Find ships from above: masks, models and metrics for small devices.

    \b
    Examples:
      shipedge predict images/ --out found/ --annotate
      shipedge masks train_ship_segmentations_v2.csv masks/
      shipedge evaluate submission.csv truth.csv
    """  # noqa: D301 - click wants the control character itself
