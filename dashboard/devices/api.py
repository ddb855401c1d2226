"""`/api/devices`: which devices are taken in, and by what. The devices service owns `devices.toml`.

While nothing is switched on there is no service to ask: then the file of this data folder is changed, which
`perfwatch up` follows.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.devices import bodies
from dashboard.devices.known import DevicesService
from dashboard.live.subscriber import Subscriber
from dashboard.openapi import device_answers
from dashboard.web.asking import answer_of
from dashboard.web.requests import read
from dashboard.web.responses import encoded, problem
from perfwatch.devices import file
from perfwatch.devices import protocol as asked
from perfwatch.errors import SettingError
from perfwatch.lock import is_claimed
from perfwatch.setting_types import DEVICE_PRESETS
from perfwatch.settings import Settings

# It reads what is retained before it answers that its rules are others.
ANSWER_SECONDS = 15.0
_LONGEST = 40_000
_AWAY = "The devices service is not running: switch a preset on, and `perfwatch up` starts it"
_NOBODY = (
    "Nobody here would see the change: this machine runs no `perfwatch up`. Start the service with "
    "`perfwatch devices --devices …` (docs/devices.md)"
)


class DevicesApi:
    def __init__(self, service: DevicesService, subscriber: Subscriber, settings: Settings) -> None:
        self._service = service
        self._subscriber = subscriber
        self._settings = settings
        self._path = file.path_in(settings.data_path)

    def routes(self) -> list[Route]:
        return [
            Route("/api/devices", self.show, methods=["GET"]),
            Route("/api/devices", self.choose, methods=["PUT"]),
            Route("/api/devices/mappings", self.add, methods=["POST"]),
            Route("/api/devices/mappings/{place}", self.drop, methods=["DELETE"]),
            Route("/api/devices/try", self.attempt, methods=["POST"]),
            Route("/api/devices/listen", self.listen, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        if not self._service.online:
            return self._switched_off()
        answer = await self._put(asked.Show())
        if isinstance(answer, Response) or answer.state is None:
            return (
                answer if isinstance(answer, Response) else problem(503, "The devices service tells no state")
            )
        told = answer.state
        return encoded(
            device_answers.Devices(
                online=True,
                changeable=True,
                known=list(DEVICE_PRESETS),
                presets=told.presets,
                zone=told.zone,
                mappings=told.mappings,
                rules=told.rules,
            )
        )

    async def choose(self, request: Request) -> Response:
        given = await read(request, bodies.Choice, '{"presets": […], "zone": …}')
        if self._service.online:
            return await self._do(asked.Choose(presets=given.presets, zone=given.zone))
        if not is_claimed(self._settings.data_path):
            return problem(409, _NOBODY)
        try:
            file.choose(self._path, given.presets, given.zone)
        except SettingError as exc:
            return problem(422, str(exc))
        return JSONResponse({"detail": "`perfwatch up` starts the devices service now"})

    async def add(self, request: Request) -> Response:
        given = await read(request, bodies.MappingBody, '{"mapping": {"topic": …}}')
        return await self._do(asked.AddMapping(mapping=given.mapping), 201)

    async def drop(self, request: Request) -> Response:
        place = request.path_params["place"]
        if not (place.isascii() and place.isdecimal() and len(place) < 6):
            return problem(404, f"There is no mapping {place[:100]!r}: they are counted from 1")
        return await self._do(asked.DropMapping(place=int(place)))

    async def attempt(self, request: Request) -> Response:
        given = await read(request, bodies.Trial, '{"topic": …, "payload": …}', _LONGEST)
        answer = await self._put(asked.Try(topic=given.topic, payload=given.payload, mapping=given.mapping))
        return answer if isinstance(answer, Response) else encoded(device_answers.Messages(answer.messages))

    async def listen(self, request: Request) -> Response:
        """A POST, which admins alone may send: what is on the broker may be about anything."""
        answer = await self._put(asked.Listen())
        return answer if isinstance(answer, Response) else encoded(device_answers.Messages(answer.messages))

    def _switched_off(self) -> Response:
        try:
            what = file.chosen(self._settings)
        except SettingError as exc:
            return problem(503, str(exc))
        return encoded(
            device_answers.Devices(
                online=False,
                changeable=is_claimed(self._settings.data_path),
                known=list(DEVICE_PRESETS),
                presets=what.presets,
                zone=what.zone,
                mappings=what.mappings,
                rules=[],
            )
        )

    async def _do(self, question: asked.Question, status: int = 200) -> Response:
        answer = await self._put(question)
        return answer if isinstance(answer, Response) else JSONResponse({"detail": answer.detail}, status)

    async def _put(self, question: asked.Question) -> asked.Answer | Response:
        """The service's answer, or a response that says why there is none that helps."""
        if not self._service.online:
            return problem(409, _AWAY)
        asking = self._service.ask(question, self._subscriber.ask_devices, ANSWER_SECONDS)
        return await answer_of("devices", asking, ANSWER_SECONDS)
