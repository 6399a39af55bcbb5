"""Which source gives which model of the new bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shipedge.bundle import Bundle, load_bundle
from shipedge.errors import ConfigError
from shipedge_train import runs
from shipedge_train.export.networks import Network, Source, of_bundle, of_run
from shipedge_train.splits import Split
from shipedge_train.weights import MANIFEST, learned_from

KINDS = ("detector", "segmenter", "refiner")
GIVES = {"segmenter": "segmenter", "cascade": "segmenter", "refiner": "refiner"}
"""Which model of a bundle a run replaces."""


@dataclass(frozen=True)
class Plan:
    """What becomes of the sources.

    Attributes:
        networks: what is converted, by the model that it becomes, in the order of `KINDS`.
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
        return [kind for kind in KINDS if kind in there and kind not in self.networks]

    def weights_name(self, kind: str) -> str:
        """File of the weights behind a model that is converted: a cascade that gives both has one."""
        files = [self.networks[one].weights for one in ("detector", "segmenter") if one in self.networks]
        shared = kind != "refiner" and files[1:] == files[:1]
        return f"{'cascade' if shared else kind}.weights.npz"


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
    found = [runs.read_run(source) for source in sources if Path(source) not in bundles]
    given = _from_runs(found) if not bundles else {GIVES[run.kind]: run for run in found if run.kind in GIVES}
    used = {id(run) for run in (given or {}).values()}
    if (
        given is None
        or len(bundles) > 1
        or len(used) < len(found)
        or len({str(run.folder) for run in found}) < len(found)
    ):
        names = ", ".join(["bundle"] * len(bundles) + [run.kind for run in found]) or "none"
        raise ConfigError(
            "expected a run of the detector and one of the segmenter, or one cascade, perhaps one of the refiner too; "
            "or a bundle, alone or with a run of the segmenter (or of a cascade), of the refiner or of both, "
            f"found: {names}"
        )
    networks = {kind: of_run(given[kind], data) for kind in KINDS if kind in given}
    if not bundles:
        plan = Plan(networks)
    else:
        (place,) = bundles
        base = load_bundle(place)
        again = not networks
        if again:
            networks = {kind: of_bundle(place, base, kind, data) for kind in KINDS if kind in base.manifest["models"]}
        plan = Plan(networks, base, place, again)
    _check_splits(plan)
    return plan


def _from_runs(found: Sequence[runs.Run]) -> dict[str, runs.Run] | None:
    """The run of each model where there is no bundle; None where they do not make one."""
    refiners = [run for run in found if run.kind == "refiner"]
    others = [run for run in found if run.kind != "refiner"]
    pair = others * 2 if len(others) == 1 else others
    for first, second in (pair, pair[::-1]) if len(pair) == 2 and len(refiners) < 2 else ():
        if first.kind in ("detector", "cascade") and second.kind in ("segmenter", "cascade"):
            return {"detector": first, "segmenter": second, **({"refiner": refiners[0]} if refiners else {})}
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
            runs.check_split(source, data.get("split", {}), chooser.split)
