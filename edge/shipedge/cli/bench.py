"""``shipedge bench``: how fast are the run-length core and the cascade on this machine?"""

import json
from pathlib import Path

import click

from shipedge.cli.options import FloatRange, PathName
from shipedge.cli.terminal import printable


@click.group()
def bench() -> None:
    """Time the run-length core or the cascade on this machine.

    \b
    Examples:
      shipedge bench rle --quick
      shipedge bench cascade
    """  # noqa: D301 - click wants the control character itself


@bench.command()
@click.option("--quick", is_flag=True, help="Half a minute instead of two; rougher figures.")
@click.option(
    "--csv",
    "csv_path",
    type=PathName(path_type=Path),
    help="Take the ships from an Airbus CSV, not from made-up ones.",
)
@click.option("--only", metavar="NAME", default="", help="Only works whose name contains this.")
@click.option(
    "--kernels", metavar="all|NAME", default="", help="Kernels to time, or all that this machine has, in turns."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
def rle(quick: bool, csv_path: Path | None, only: str, kernels: str, as_json: bool) -> None:
    """Compare decoding, encoding and their kin with other libraries and the speed of memory.

    Results are compared before anything is timed; all contenders take turns, and the table shows medians. A figure
    with an exclamation mark is missed. pip install "shipedge[bench]" brings the peers; --kernels all measures what
    runs on other processors too.

    \b
    Examples:
      shipedge bench rle
      shipedge bench rle --quick --csv train_ship_segmentations_v2.csv
      shipedge bench rle --only "string -> mask"
      shipedge bench rle --kernels all
      shipedge bench rle --json > rle.json
    """  # noqa: D301 - click wants the control character itself
    from shipedge import _core
    from shipedge.bench import table
    from shipedge.bench.material import Material, made_up_images, quick_folder, read_images
    from shipedge.bench.peers import installed
    from shipedge.bench.work import run
    from shipedge.bench.works import WORKS

    chosen = [work for work in WORKS if only in work.name]
    if not chosen:
        raise click.ClickException(f"no work is called {only!r}, expected part of: " + ", ".join(w.name for w in WORKS))
    if kernels not in ("", "all", *_core.tiers):
        here = ", ".join(_core.tiers)
        raise click.ClickException(
            f"no kernels of this machine are called {kernels!r}, expected all, or one of: {here}"
        )
    tiers = _core.tiers[::-1] if kernels == "all" else (kernels or _core.kernels(),)
    images = read_images(csv_path, 2000) if csv_path else made_up_images(1000)
    peers, missing = installed()
    if not as_json:
        click.echo("\n".join([*missing, f"kernels: {', '.join(tiers)}", "", table.head(len(tiers))]))
    rows = []
    with quick_folder() as folder:
        material = Material(images, Path(folder), csv_path)
        for work in chosen:
            done = run(work, material, peers, tiers, 0.03 if quick else 0.8)
            rows += done
            if not as_json:
                click.echo(table.show(done))
    if not as_json:
        click.echo(table.FOOT)
    else:
        click.echo(json.dumps(table.as_json(rows, missing, str(csv_path) if csv_path else None), indent=1))


@bench.command()
@click.argument("images", nargs=-1, type=PathName(), metavar="[IMAGE]...")
@click.option(
    "--bundle", "bundle_dir", type=PathName(), metavar="DIR", help="Models to use.  [default: those of the package]"
)
@click.option("--against", type=PathName(path_type=Path, dir_okay=False), help="Another .tflite file to compare with.")
@click.option("--threads", default="1,2", show_default=True, metavar="N[,N]", help="Threads per model, one table each.")
@click.option(
    "--ship-share",
    type=FloatRange(0, 1),
    metavar="P",
    help="Share of frames with ships to report a mean for.  [default: that of the images]",
)
@click.option("--seconds", type=FloatRange(0.1, 3600), default=10.0, show_default=True, help="Time for each table.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the tables.")
def cascade(
    images: tuple[str, ...],
    bundle_dir: str | None,
    against: Path | None,
    threads: str,
    ship_share: float | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Time the cascade on image files, stage by stage: files in, ships out.

    IMAGE is an image, a folder or a glob in quotes; without any, the samples of the package. With --against another
    model runs on the same pixels: of it the network alone counts, without decoding and without what follows. Both take
    turns frame by frame; each figure is the mean over the frames of the median of their rounds.

    \b
    Examples:
      shipedge bench cascade
      shipedge bench cascade images/ --against yolo11n-seg.tflite --ship-share 0.22
      shipedge bench cascade images/ --threads 4 --json
    """  # noqa: D301 - click wants the control character itself
    from importlib import resources

    from shipedge.bench import cascade_table as table
    from shipedge.bench.cascade import Other, measure
    from shipedge.bundle import default_bundle, load_bundle
    from shipedge.cascade import Cascade
    from shipedge.sources import resolve

    counts = table.parse_threads(threads)
    with resources.as_file(resources.files("shipedge") / "samples") as samples:
        sources = resolve(images or [str(samples)])
        if wrong := [source.name for source in sources if source.kind != "image"]:
            raise click.ClickException(f"{printable(wrong[0])}: expected image files")
        bundle = load_bundle(bundle_dir) if bundle_dir else default_bundle()
        values = []
        for count in counts:
            ours = {"shipedge": Cascade(bundle, count, device="cpu")}
            others = {} if against is None else {against.name: Other(against, count)}
            before = table.memory_mb()
            times, results = measure([source.name for source in sources], ours, others, seconds)
            values.append(table.figures(count, times, results, ship_share, before))
            if not as_json:
                click.echo(table.show(values[-1]))
    if as_json:
        click.echo(json.dumps(table.document(values), indent=1))
