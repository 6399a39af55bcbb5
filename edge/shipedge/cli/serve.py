"""``shipedge serve``: cameras and streams for weeks, a page to look at them, events for others."""

from __future__ import annotations

import signal
from types import FrameType
from typing import TYPE_CHECKING

import click

from shipedge.cli.options import PathName
from shipedge.cli.stopping import stop_on_signal
from shipedge.cli.terminal import say

if TYPE_CHECKING:
    from shipedge.cascade import Cascade
    from shipedge.serve.config import Models


@click.command()
@click.argument("config_file", type=PathName(), metavar="CONFIG", required=False)
@click.option("--check", is_flag=True, help="Read CONFIG, say what is wrong with it, and start nothing.")
@click.option("--install-unit", is_flag=True, help="Print a unit for systemd, and start nothing.")
@click.option("--new-token", is_flag=True, help="Print a new token and the line of CONFIG that belongs to it.")
@click.pass_context
def serve(ctx: click.Context, config_file: str | None, check: bool, install_unit: bool, new_token: bool) -> None:
    """Watch cameras and streams for weeks, with a page and events.

    CONFIG is a TOML file with the sources; docs/guides/serve.md says what may stand in it. The page is at
    http://127.0.0.1:8765 unless CONFIG says otherwise; other machines are let in with a token only.

    SIGHUP reads CONFIG again without losing a frame of the sources that have not changed. Ctrl-C and SIGTERM finish the
    frame in hand and stop; what happened is in the folder `data`, and the next start goes on from there.

    \b
    Examples:
      shipedge serve harbor.toml
      shipedge serve harbor.toml --check
      shipedge serve --new-token
      shipedge serve harbor.toml --install-unit | sudo tee /etc/systemd/system/shipedge.service
    """  # noqa: D301 - click wants the control character itself
    if new_token:
        return _print_token()
    if config_file is None:
        raise click.UsageError("Missing argument 'CONFIG'.")
    if install_unit:
        from shipedge.serve.systemd import unit

        return click.echo(unit(config_file), nl=False)
    from shipedge.system.opencv_wheels import require_opencv

    require_opencv()
    import fastapi  # noqa: F401 - said here, and not by the other process, where it is missing
    import prometheus_client  # noqa: F401
    import uvicorn  # noqa: F401

    from shipedge.serve.config import read_config

    notes: list[str] = []
    config, sources = read_config(config_file, notes)
    for text in notes:
        say(text, err=True)
    if check:
        from shipedge.formats.labelled import count

        what = f"{count(len(sources), 'source')}, {count(len(config.rules), 'rule')}"
        return say(f"{config_file}: {what}, port {config.server.address[1]}")
    from shipedge.serve import logs
    from shipedge.serve.service import Service

    logs.start()
    name = config_file
    service = Service(config, sources, lambda: read_config(name, []))
    cascade = _cascade(config.models)
    say(f"http://{config.server.listen}", err=True)
    with stop_on_signal() as asked:
        if hasattr(signal, "SIGHUP"):

            def reload(_number: int, _frame: FrameType | None) -> None:
                service.reload()

            signal.signal(signal.SIGHUP, reload)
        service.run(cascade, asked)
    ctx.exit(128 + asked.received[0] if asked.received and asked.received[0] != signal.SIGTERM else 0)
    return None


def _cascade(models: Models) -> Cascade:
    """The models of the configuration, loaded."""
    from shipedge.bundle import default_bundle, load_bundle
    from shipedge.cascade import Cascade

    bundle = load_bundle(models.bundle) if models.bundle else default_bundle()
    thresholds = bundle.at_point(models.point).overridden(models.min_score, models.min_area)
    return Cascade(
        bundle,
        models.threads,
        flips=False,
        thresholds=thresholds,
        device=models.device,
        report=lambda text: say(text, err=True),
    )


def _print_token() -> None:
    import hashlib
    import secrets

    token = secrets.token_urlsafe(32)
    say(f"token, shown this once: {token}", err=True)
    say("[server]", f'token_hash = "sha256:{hashlib.sha256(token.encode()).hexdigest()}"')
