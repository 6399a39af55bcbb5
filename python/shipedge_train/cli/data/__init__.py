"""`shipedge data`: a group that imports a subcommand only when that subcommand is called."""

from __future__ import annotations

import click

from shipedge.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "augment": Lazy("shipedge_train.cli.data.augment:augment", "Write an augmented copy of a dataset."),
    "bench": Lazy("shipedge_train.cli.data.bench:bench", "Count the crops per second that the loader makes."),
    "compare": Lazy(
        "shipedge_train.cli.data.compare:compare",
        "Measure how two datasets differ, and see them side by side.",
    ),
    "judge": Lazy("shipedge_train.cli.data.compare:judge", "Let a classifier tell crops of two datasets apart."),
    "split": Lazy("shipedge_train.cli.data.split:split", "Split images into folds and a test part without leaks."),
    "stats": Lazy("shipedge_train.cli.data.view:stats", "Count ships, sizes and colors; draw histograms."),
    "verify": Lazy("shipedge_train.cli.data.verify:verify", "Check every row and image before training."),
    "view": Lazy("shipedge_train.cli.data.view:view", "Look at a dataset: contact sheets and one offline HTML page."),
}


@click.group(cls=LazyGroup, commands_by_name=COMMANDS)
def data() -> None:
    """Verify, split, look at and augment a dataset folder (images/ and ships.csv).

    \b
    Examples:
      shipedge data verify data
      shipedge data split data --folds 5 --test-share 0.1
      shipedge data view data --out pages
    """  # noqa: D301 - click wants the control character itself
