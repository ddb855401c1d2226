"""What the service does for who asks over the broker."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

import msgspec

from devices.learning import learn
from devices.listening import Listening
from devices.load import rules_of
from devices.taker import Taker
from devices.tally import Tally
from devices.watch import explained
from perfwatch.asking import Missing, answered
from perfwatch.devices import file
from perfwatch.devices import protocol as asked
from perfwatch.files import write_private
from perfwatch.settings import Settings
from perfwatch.topics import Topics

_question = msgspec.json.Decoder(asked.Question)


class Service(Protocol):
    """What the desk needs of the service."""

    taker: Taker
    tally: Tally

    def reload(self) -> Awaitable[None]:
        """Use the file as it is now. Raises SettingError and BrokerError."""


class Desk:
    def __init__(self, settings: Settings, service: Service) -> None:
        self._settings = settings
        self._path = file.path_in(settings.data_path)
        self._service = service
        self._listening = Listening(settings)

    async def answer(self, payload: bytes) -> asked.Answer | None:
        """Do what is asked; None when it is no question at all."""
        return await answered(payload, _question, asked.Answer, self._do)

    async def _do(self, question: asked.Question, answer: asked.Answer) -> str:
        match question:
            case asked.Choose():
                file.choose(self._path, question.presets, question.zone)
                await self._used()
                return "Taken in from now on" if question.presets else "Nothing is taken in by a preset"
            case asked.AddMapping():
                await self._write(file.with_mapping(file.text_of(self._path), question.mapping))
                return "The mapping is kept"
            case asked.DropMapping(place=place):
                await self._write(self._without(place))
                return f"Mapping {place} is gone"
            case asked.Try():
                answer.messages = [await self._tried(question)]
            case asked.Listen():
                answer.messages = self._listening.messages()
            case asked.Show():
                answer.state = self._state()
        return ""

    async def _write(self, text: str) -> None:
        """Put that in place of the file, if it can be used. Raises SettingError and OSError."""
        wanted = file.parsed(text)
        rules_of(file.Chosen([], "", wanted.mapping), self._settings.prefixes)
        write_private(self._path, text)
        await self._used()

    async def _used(self) -> None:
        await self._service.reload()
        self._listening.restart()

    def _without(self, place: int) -> str:
        try:
            return file.without_mapping(file.text_of(self._path), place)
        except IndexError as exc:
            raise Missing(f"There is no mapping {place}") from exc

    async def _tried(self, question: asked.Try) -> asked.Message:
        what = file.chosen(self._settings)
        if question.mapping is not None:
            what.presets, what.mappings = [], [question.mapping]
        taker = Taker(rules_of(what, self._settings.prefixes), Topics(self._settings.topic_prefix))
        if question.mapping is None:
            await learn(taker, self._settings)
        return explained(taker, question.topic, question.payload.encode(), retained=False)

    def _state(self) -> asked.DevicesState:
        what = file.chosen(self._settings)
        found = self._service.tally.found(self._service.taker)
        return asked.DevicesState(what.presets, what.zone, what.mappings, found)
