"""Which source gives which model of the new bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from shipedge.bundle import Bundle, load_bundle
from shipedge.errors import ConfigError
from shipedge_train.dataset.splits import Split
from shipedge_train.export.networks import Network, Source, of_bundle, of_run
from shipedge_train.runs.bundle_weights import MANIFEST, learned_from
from shipedge_train.runs.folder import Run, check_split, read_run
from shipedge_train.tasks import MODELS, task_named

NEEDED = ("detector", "segmenter")
"""The models that no bundle is without."""


@dataclass(frozen=True)
class Plan:
    """What becomes of the sources.

    Attributes:
        networks: what is converted, by the model that it becomes, in the order of `MODELS`.
        base: the bundle that the other models come from; None without one.
        place: its folder.
        again: it is the bundle's own networks that are converted, so that its thresholds hold.
    """

    networks: dict[str, Network]
    base: Bundle | None = None
    place: Path | None = None
    again: bool = False

    @property
    def kept(self) -> list[str]:
        """The models that stay as the bundle has them."""
        there = self.base.manifest["models"] if self.base is not None else {}
        return [kind for kind in MODELS if kind in there and kind not in self.networks]

    def weights_name(self, name: str) -> str:
        """File of the weights behind a model that is converted: models of one network share one."""
        network = self.networks[name]
        shared = sum(other.weights == network.weights for other in self.networks.values()) > 1
        return f"{network.task.name if shared else name}.weights.npz"


def read_sources(sources: Sequence[Source], data: Source | None) -> Plan:
    """Decide what the sources give.

    Args:
        sources: one run of the detector and one of the segmenter, or one cascade (of two the first gives the detector),
            and perhaps one of the refiner; or a bundle and runs that give it another segmenter, another refiner or
            both; or a bundle alone, whose networks are converted again.
        data: the dataset, where it is no longer where the runs found it.

    Raises:
        ConfigError: any other combination, damaged sources, no weights, or models that have learned from what others
            were validated on.
        DatasetError: the dataset is gone or bad.
    """
    bundles = [Path(source) for source in sources if (Path(source) / MANIFEST).is_file()]
    found = [read_run(source) for source in sources if Path(source) not in bundles]
    given = _replaced(found) if bundles else _shared_out(found)
    used = {id(run) for run in (given or {}).values()}
    if (
        given is None
        or len(bundles) > 1
        or len(used) < len(found)
        or len({str(run.folder) for run in found}) < len(found)
    ):
        names = ", ".join(["bundle"] * len(bundles) + [run.task for run in found]) or "none"
        raise ConfigError(
            "expected a run of the detector and one of the segmenter, or one cascade, perhaps one of the refiner too; "
            "or a bundle, alone or with a run of the segmenter (or of a cascade), of the refiner or of both, "
            f"found: {names}"
        )
    networks = {name: of_run(given[name], data) for name in MODELS if name in given}
    if not bundles:
        plan = Plan(networks)
    else:
        (place,) = bundles
        base = load_bundle(place)
        again = not networks
        if again:
            networks = {name: of_bundle(place, base, name, data) for name in MODELS if name in base.manifest["models"]}
        plan = Plan(networks, base, place, again)
    _check_splits(plan)
    return plan


def _replaced(found: Sequence[Run]) -> dict[str, Run]:
    """The run that replaces each model of a bundle."""
    return {model: run for run in found if (model := task_named(run.task).replaces) is not None}


def _shared_out(found: Sequence[Run]) -> dict[str, Run] | None:
    """The run of each model where there is no bundle; None where they do not make one, or one is left over."""
    givers = {name: [run for run in found if name in task_named(run.task).models] for name in MODELS}
    names = [name for name, runs in givers.items() if runs or name in NEEDED]
    for chosen in product(*(givers[name] for name in names)):
        if {id(run) for run in chosen} == {id(run) for run in found}:
            return dict(zip(names, chosen, strict=True))
    return None


def tuning_split(plan: Plan) -> Split:
    """The images on which thresholds are chosen: those of the last model that is new."""
    return list(plan.networks.values())[-1].split


def _check_splits(plan: Plan) -> None:
    """No model has learned from the images on which thresholds are chosen."""
    chooser = list(plan.networks.values())[-1]
    learned = {kind: (network.source, network.data) for kind, network in plan.networks.items()}
    if plan.base is not None and plan.place is not None:
        for kind in set(plan.base.manifest["models"]) - set(learned):
            learned[kind] = (plan.place, learned_from(plan.base.manifest, kind))
    for source, data in learned.values():
        if data.get("ships_csv_sha256") == chooser.digest:
            check_split(source, data.get("split", {}), chooser.split)
