"""The web application: pages, the API, and what watches over the service."""

from __future__ import annotations

from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from pydantic import ValidationError

from shipedge import __version__
from shipedge.serve.channel import Stop
from shipedge.serve.web import pages, queries
from shipedge.serve.web.api import Id, NewSource, make_api
from shipedge.serve.web.event_lines import line
from shipedge.serve.web.health import problem_of
from shipedge.serve.web.health_page import health
from shipedge.serve.web.hub import Hub
from shipedge.serve.web.metrics import expose
from shipedge.serve.web.mjpeg import MOST_VIEWERS, MjpegResponse
from shipedge.serve.web.security import COOKIE, Failures, Gate, Sessions, is_token
from shipedge.serve.web.timeline import HOURS, STEP, strip

__all__ = ["make_app"]

_STATIC = {"style.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
_SIGHTINGS = 24


def make_app(hub: Hub) -> Any:
    """The ASGI application, behind its gate."""
    # No page of documentation: those of FastAPI load scripts from elsewhere.
    app = FastAPI(
        title="shipedge", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json"
    )
    sessions, failures = Sessions(), Failures()
    app.include_router(make_api(hub))
    _add_pages(app, hub)
    _add_forms(app, hub, sessions, failures)
    _add_operations(app, hub)

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        places = [{"loc": [str(part) for part in one["loc"]], "msg": one["msg"]} for one in error.errors()]
        return JSONResponse({"detail": places}, 422)  # without the values, which may be secret

    return Gate(app, hub, sessions, failures)


def _add_pages(app: FastAPI, hub: Hub) -> None:
    def folder() -> FilePath:
        return FilePath(hub.hello.folder)

    def has_token() -> bool:
        return bool(hub.hello.token_hash)

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def live() -> str:
        now = datetime.now(timezone.utc)
        spans = queries.timeline(folder(), now, HOURS, STEP)
        strips = {name: strip(name, *found, now) for name, found in sorted(spans.items())}
        lines = [line(event) for event in queries.events(folder(), 0, "", "", 200, newest=True)]
        return pages.live(hub.now, strips, [one for one in lines if one is not None][:15], has_token())

    @app.get("/detections", response_class=HTMLResponse, include_in_schema=False)
    def detections(
        source: Annotated[str, Query(max_length=1000)] = "",
        day: Annotated[str, Query(pattern=r"^(20\d\d-\d\d-\d\d)?$")] = "",
        min_score: Annotated[float, Query(ge=0, le=1)] = 0.0,
        min_ships: Annotated[int, Query(ge=1, le=10_000)] = 1,
        before: Annotated[int | None, Query(ge=0, le=2**62)] = None,
    ) -> str:
        filters = queries.Filters(source, day, min_score, min_ships, before)
        try:
            found = queries.sightings(folder(), filters, _SIGHTINGS + 1)
        except ValueError:
            raise HTTPException(422, "there is no such day") from None
        listed, more = found[:_SIGHTINGS], len(found) > _SIGHTINGS
        today = datetime.now(timezone.utc)
        return pages.detections(listed, queries.sources(folder()), filters, more, today, has_token())

    @app.get("/health", response_class=HTMLResponse, include_in_schema=False)
    def health_page() -> str:
        return health(hub.now, problem_of(hub.now), has_token())

    @app.get("/images/{number}.jpg", include_in_schema=False)
    def image(number: Annotated[int, Path(ge=0, le=2**62)]) -> Response:
        content = queries.jpeg(folder(), number)
        if content is None:
            raise HTTPException(404, "there is no such image")
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})

    @app.get("/live/{source}.mjpg", include_in_schema=False)
    async def live_image(source: Id) -> Response:
        if hub.source(source) is None:
            raise HTTPException(404, "there is no such source")
        if sum(hub.viewers.values()) >= MOST_VIEWERS:
            raise HTTPException(503, f"{MOST_VIEWERS} look already")
        return MjpegResponse(hub, source)

    @app.get("/static/{name}", include_in_schema=False)
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise HTTPException(404, "there is no such file")
        content = files("shipedge.serve.web").joinpath("static", name).read_bytes()
        return Response(content, media_type=_STATIC[name], headers={"Cache-Control": "max-age=300"})


def _add_forms(app: FastAPI, hub: Hub, sessions: Sessions, failures: Failures) -> None:
    @app.get("/login", response_class=HTMLResponse, include_in_schema=False)
    def login_page() -> str:
        return pages.login("")

    @app.post("/login", response_class=HTMLResponse, include_in_schema=False)
    async def login(request: Request) -> Response:
        address = request.client.host if request.client else ""
        if (wait := failures.wait_s(address)) > 0:
            headers = {"Retry-After": str(int(wait) + 1)}
            return HTMLResponse(pages.login(f"Too many wrong tokens: try again in {wait:.0f} s."), 429, headers)
        token = (await _fields(request)).get("token", "").strip()
        if not hub.hello.token_hash or not is_token(token, hub.hello.token_hash):
            failures.add(address)
            return HTMLResponse(pages.login("The token is wrong."), 401)
        answer = RedirectResponse("/", 303)
        secure = request.headers.get("x-forwarded-proto") == "https"
        value = sessions.begin(hub.hello.token_hash)
        answer.set_cookie(COOKIE, value, max_age=12 * 3600, httponly=True, samesite="strict", secure=secure)
        return answer

    @app.post("/logout", include_in_schema=False)
    async def logout(request: Request) -> Response:
        sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    @app.post("/sources", include_in_schema=False)
    async def add(request: Request) -> Response:
        values = {key: value for key, value in (await _fields(request)).items() if value}
        try:
            error = await hub.change(NewSource.model_validate(values).message())
        except ValidationError as invalid:
            error = f"{invalid.errors()[0]['loc'][0]}: {invalid.errors()[0]['msg']}"
        return await _changed(error)

    @app.post("/sources/{source}/stop", include_in_schema=False)
    async def stop(source: Id) -> Response:
        return await _changed(await hub.change(Stop(0, source)))

    async def _changed(error: str) -> Response:
        if not error:
            return RedirectResponse("/health", 303)
        return HTMLResponse(health(hub.now, problem_of(hub.now), bool(hub.hello.token_hash), error), 422)


def _add_operations(app: FastAPI, hub: Hub) -> None:
    @app.get("/healthz", response_class=PlainTextResponse, include_in_schema=False)
    def healthz() -> Response:
        problem = problem_of(hub.now)
        return PlainTextResponse(f"{problem or 'ok'}\n", 503 if problem else 200)

    @app.get("/readyz", response_class=PlainTextResponse, include_in_schema=False)
    def readyz() -> Response:
        is_ready = hub.now is not None and hub.now.ready and not hub.now.problem
        return PlainTextResponse("ok\n" if is_ready else "not ready\n", 200 if is_ready else 503)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        content = expose(hub.now, sum(hub.viewers.values()))
        return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form."""
    text = (await request.body()).decode("utf-8", "replace")
    return {key: values[0] for key, values in parse_qs(text, max_num_fields=20).items()}
