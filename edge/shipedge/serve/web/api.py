"""`/api/v1`: the same for programs. Its description is `/api/v1/openapi.json`."""

from __future__ import annotations

import asyncio
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from shipedge.errors import SourceError
from shipedge.serve.channel import Add, Stop
from shipedge.serve.web import queries
from shipedge.serve.web.hub import Hub

__all__ = ["Day", "Id", "NewSource", "make_api"]

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", description="Id of a source, as /sources gives it.")]
Day = Annotated[str, Path(pattern=r"^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", description="A day, UTC.")]
After = Annotated[int, Query(ge=0, le=2**62, description="Only what comes after this id: `next` of the last answer.")]
Limit = Annotated[int, Query(ge=1, le=1000)]
SourceName = Annotated[str, Query(max_length=1000, description="Name of a source.")]
_FIRST_S = 3.0


class NewSource(BaseModel):
    """A camera or a stream; the fields mean the same as in the configuration file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    url: str = Field(min_length=1, max_length=2000, description="Address of a stream, or the number of a camera.")
    user: str = Field("", max_length=200)
    password: str = Field("", max_length=500)
    fps: float | None = Field(None, gt=0, le=1000)
    every: int | None = Field(None, ge=1, le=1_000_000)
    gsd_m: float | None = Field(None, gt=0, le=1000)

    def message(self) -> Add:
        """For the process with the models."""
        return Add(0, self.name, self.url, self.user, self.password, self.fps, self.every, self.gsd_m)


def make_api(hub: Hub) -> APIRouter:
    """The routes."""
    api = APIRouter(prefix="/api/v1")

    def folder() -> FilePath:
        return FilePath(hub.hello.folder)

    @api.get("/status", summary="Sources, outputs and the machine, now")
    def status() -> dict[str, Any]:
        if hub.now is None:
            raise HTTPException(503, "the process with the models does not answer")
        fields = {name: getattr(hub.now, name) for name in hub.now.__struct_fields__}
        return {**msgspec.to_builtins(fields), "viewers": sum(hub.viewers.values())}

    @api.get("/sources", summary="The sources, with their ids")
    def sources() -> list[dict[str, Any]]:
        known: list[dict[str, Any]] = msgspec.to_builtins(hub.status.sources if hub.status else [])
        return known

    @api.post("/sources", status_code=201, summary="Read one more camera or stream, until the service ends")
    async def add(source: NewSource) -> dict[str, str]:
        if error := await hub.change(source.message()):
            raise HTTPException(422, error)
        return {"name": source.name}

    @api.delete("/sources/{source}", status_code=204, summary="Stop a source")
    async def stop(source: Id) -> None:
        if error := await hub.change(Stop(0, source)):
            raise HTTPException(404, error)

    @api.get("/sources/{source}/frame.jpg", summary="The newest frame, ships outlined", response_class=Response)
    async def frame(source: Id) -> Response:
        try:
            _, image = await asyncio.wait_for(hub.next_image(source, -1), _FIRST_S)
        except asyncio.TimeoutError:
            raise HTTPException(404, "there is no frame of this source") from None
        headers = {"X-Shipedge-Frame": str(image.frame), "X-Shipedge-Captured": image.time}
        return Response(image.jpeg, media_type="image/jpeg", headers=headers)

    @api.get("/ships", summary="Frames with ships, in the order in which they were written")
    def ships(after: After = 0, source: SourceName = "", limit: Limit = 100) -> dict[str, Any]:
        found = queries.ships(folder(), after, source, limit)
        return {"frames": found, "next": found[-1]["id"] if found else after}

    @api.get("/events", summary="Alerts of rules, gaps, notices, errors, tracks: what happened")
    def events(
        after: After = 0,
        source: SourceName = "",
        kind: Annotated[str, Query(max_length=20)] = "",
        limit: Limit = 100,
    ) -> dict[str, Any]:
        found = queries.events(folder(), after, source, kind, limit)
        return {"events": found, "next": found[-1]["id"] if found else after}

    @api.get("/days/{day}/ships.{kind}", summary="The ships of one day as a file", response_class=Response)
    def day_file(day: Day, kind: Literal["csv", "geojson"]) -> Response:
        try:
            content = queries.day_file(folder(), day, kind)
        except SourceError as error:
            raise HTTPException(404, str(error)) from None
        except ValueError:
            raise HTTPException(404, "there is no such day") from None
        media = "text/csv; charset=utf-8" if kind == "csv" else "application/geo+json"
        headers = {"Content-Disposition": f'attachment; filename="ships-{day}.{kind}"'}
        return Response(content, media_type=media, headers=headers)

    return api
