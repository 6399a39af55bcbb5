"""A work of the benchmark: what is done, by whom it can be done, and how fast it has to be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge import _core, rle
from shipedge.bench.material import Material
from shipedge.bench.peers import Peer
from shipedge.bench.timing import LIMIT, OURS, Call, Contender, compare
from shipedge.errors import ShipedgeError

Both = tuple[float, float]
_ANYWHERE = ("portable", "sse2")
_FULL = "avx512"
_SLACK = 1.25
Skill = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Floor:
    """What counts as reached, for (AVX-512, kernels that run anywhere); those between may take a quarter longer.

    Attributes:
        peer: at least so many times faster than the best peer.
        limit: at most so many times the limit.
        gb_s: at least so many gigabytes of text per second.
    """

    peer: Both | None = None
    limit: Both | None = None
    gb_s: Both | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A work, ready to be done.

    Attributes:
        ours: our way; called as the peers' skill is.
        skill: the name of the peers' skill.
        given: the arguments, made with someone's `native` (text, shape -> their own mask), which most works ignore.
        plain: our result in comparable form.
        order: makes everybody's comparable results equal where only their order differs.
        limit: name and call of what no way can beat.
        wrap: turns a way to do one thing into a way to do all of them.
        check: the same, but with all results; where `wrap` drops them.
        items: how many things one call does; times are per thing.
        size: bytes of text that one call reads, where that is the measure.
        soiled: a buffer that everybody writes to, filled with rubbish before each check.
        others: further ways of ours, which stand beside the peers.
    """

    ours: Skill
    skill: str
    given: Callable[[Any], tuple[Any, ...]]
    plain: Callable[[Any], Any] = lambda result: result
    order: Callable[[Any], Any] = lambda result: result
    limit: tuple[str, Call] | None = None
    wrap: Callable[[Skill], Skill] = lambda skill: skill
    check: Callable[[Skill], Skill] | None = None
    items: int = 1
    size: int | None = None
    soiled: NDArray[np.uint8] | None = None
    others: Mapping[str, Skill] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    """A line of the table; `without` names peers that would take minutes."""

    name: str
    floor: Floor
    job: Callable[[Material], Job]
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one work with one tier of kernels: microseconds per thing, by contender."""

    work: str
    floor: Floor
    kernels: str
    median_us: dict[str, float]
    minimum_us: dict[str, float]
    failed: dict[str, str]
    limit: str | None
    gb_s: float | None

    @property
    def ours_us(self) -> float:
        """Our median."""
        return self.median_us[OURS]

    @property
    def peers_us(self) -> dict[str, float]:
        """The peers' medians, the fastest first."""
        others = {name: us for name, us in self.median_us.items() if name not in (OURS, LIMIT)}
        return dict(sorted(others.items(), key=lambda item: item[1]))

    @property
    def best_peer(self) -> str | None:
        """The fastest peer, or None where nobody else does this work."""
        return next(iter(self.peers_us), None)

    @property
    def times_faster(self) -> float | None:
        """Time of the best peer over ours."""
        return self.peers_us[self.best_peer] / self.ours_us if self.best_peer else None

    @property
    def of_limit(self) -> float | None:
        """Our time over the limit's."""
        return self.ours_us / self.median_us[LIMIT] if self.limit else None

    def floors(self) -> dict[str, tuple[float, bool | None]]:
        """The floors of these kernels: kind -> (value, whether it is reached; None where it was not measured)."""
        found = {}
        for kind, value, at_least in (
            ("peer", self.times_faster, True),
            ("limit", self.of_limit, False),
            ("gb_s", self.gb_s, True),
        ):
            both: Both | None = getattr(self.floor, kind)
            if both is not None:
                floor = self._of_tier(both, at_least)
                found[kind] = (floor, None if value is None else value >= floor if at_least else value <= floor)
        return found

    def _of_tier(self, both: Both, at_least: bool) -> float:
        if self.kernels in _ANYWHERE:
            return both[1]
        slack = 1.0 if self.kernels == _FULL else _SLACK
        return round(both[0] / slack if at_least else both[0] * slack, 2)


def run(work: Work, material: Material, peers: Sequence[Peer], kernels: Sequence[str], budget_s: float) -> list[Row]:
    """Do one work with everybody who can; we do it with each of these tiers of kernels, a row for each.

    Raises:
        ShipedgeError: tiers disagree.
    """
    job = work.job(material)
    ways = {OURS: job.ours, **job.others}
    contenders = {}
    for tier in kernels:
        for name, way in ways.items():
            contenders[f"{name}, {tier}"] = _contender(job, way, rle.parse, job.plain, tier)
    ours = list(contenders)
    for peer in peers:
        skill = peer.skill(job.skill)
        if skill is not None and peer.name not in work.without:
            plain = peer.plain.get(job.skill, lambda result: result)
            contenders[peer.name] = _contender(job, skill, peer.native, plain)
    chosen = _core.kernels()
    try:
        times = compare(contenders, job.limit[1] if job.limit else None, budget_s)
    finally:
        _core.use_kernels(chosen)
    if wrong := [f"{name}: {times.failed[name]}" for name in ours if name in times.failed]:
        raise ShipedgeError(f"{work.name}: {', '.join(wrong)}, expected what {ours[0]} gives")
    return [
        Row(
            work.name,
            work.floor,
            tier,
            _of_tier(times.median, ways, tier, ours, job.items),
            _of_tier(times.minimum, ways, tier, ours, job.items),
            times.failed,
            job.limit[0] if job.limit else None,
            job.size / times.median[f"{OURS}, {tier}"] / 1e9 if job.size else None,
        )
        for tier in kernels
    ]


def _of_tier(
    seconds: dict[str, float], ways: Mapping[str, Skill], tier: str, ours: Sequence[str], items: int
) -> dict[str, float]:
    """Microseconds per thing: of our ways those of this tier, and of everybody else."""
    found = {name: seconds[f"{name}, {tier}"] for name in ways}
    found |= {name: value for name, value in seconds.items() if name not in ours}
    return {name: 1e6 * value / items for name, value in found.items()}


def _contender(
    job: Job, skill: Skill, native: Skill | None, plain: Callable[[Any], Any], tier: str | None = None
) -> Contender:
    given = job.given(native)
    way, checked = job.wrap(skill), (job.check or job.wrap)(skill)

    def result() -> Any:
        if job.soiled is not None:
            job.soiled.fill(7)
        return job.order(plain(checked(*given)))

    def prepare() -> None:
        if tier is not None:
            _core.use_kernels(tier)

    return Contender(lambda: way(*given), result, prepare)
