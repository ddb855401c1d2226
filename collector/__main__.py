"""`python -m collector`: this host's readings to any MQTT 5 broker."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import click

from collector import control, cores
from collector.agent import Agent, Availability
from collector.control import Machine, State
from collector.host import describe
from collector.once import PERF_INTERVAL, one_tick
from collector.publisher import Publisher
from collector.sources.registry import SOURCES, Active
from collector.steering import Steering
from collector.stop import Stop
from perfwatch import settings
from perfwatch.command import service
from perfwatch.durations import format_ms
from perfwatch.errors import SettingError
from perfwatch.readings import HostInfo
from perfwatch.settings import Settings, variable
from perfwatch.topics import Topics

log = logging.getLogger("collector")


def run(chosen: Settings) -> None:
    """Read this machine on a schedule and publish what was read over MQTT."""
    broker = settings.broker(chosen)
    stop, active = Stop(), Active()
    steering = steered(chosen, stop)
    publisher = Publisher(broker, Topics(chosen.topic_prefix), chosen.host_id, on_command=steering.hear)
    stop.on_signals()

    def apply(state: State) -> None:
        active.switch(state.switched_on, state.tuning)

    def obey() -> float | None:
        return steering.state.interval if steering.obey(publisher, apply) else None

    def facts(tried: Availability) -> HostInfo:
        return describe(steering.state.interval, active.explain(tried))

    steering.restore()
    apply(steering.state)
    publisher.confirm(control.encode(steering.state))
    agent = Agent(active, publisher, facts, steering.state.interval, stop, obey=obey)
    log.info(
        "Host %s: %s every %s to %s",
        chosen.host_id,
        ", ".join(steering.state.switched_on) or "nothing",
        format_ms(round(steering.state.interval * 1000)),
        broker,
    )
    publisher.start()
    try:
        agent.run()
    finally:
        active.close()
        publisher.stop()
    log.info("Stopped")


def once(chosen: Settings) -> None:
    """Print one tick as JSON (two readings a second apart) and end. Needs no broker."""
    stop, active = Stop(), Active()
    steering = steered(chosen, stop)
    stop.on_signals()
    steering.restore()
    state = steering.state
    active.switch(state.switched_on, state.tuning._replace(perf_interval=PERF_INTERVAL))
    try:
        tick = one_tick(active, chosen.host_id, lambda tried: describe(state.interval, tried), stop)
    finally:
        active.close()
    if tick is not None:
        click.echo(tick)


def steered(chosen: Settings, stop: Stop) -> Steering:
    """The settings that commands may change, as we were started with them. Raises SettingError."""
    machine = Machine(tuple(SOURCES), cores.online())
    return Steering(started_with(chosen, machine), machine, kept_path(chosen), stop)


def started_with(chosen: Settings, machine: Machine) -> State:
    names = list(SOURCES) if chosen.sources == "all" else [name.strip() for name in chosen.sources.split(",")]
    try:
        sources = control.sources_named(names, machine.sources)
    except ValueError as exc:
        expected = f"names what is no source ({exc}): use all, or some of {', '.join(machine.sources)}"
        raise SettingError(variable("sources"), expected, chosen.sources) from exc
    try:
        perf_cores = control.check_cores(chosen.perf_cores, machine.cores)
    except ValueError as exc:
        expected = f"must be {control.cores_expected(machine.cores)}"
        raise SettingError(variable("perf_cores"), expected, chosen.perf_cores) from exc
    return State(
        interval=chosen.interval, sources=sources, perf_cores=perf_cores, perf_interval=chosen.perf_interval
    )


def kept_path(chosen: Settings) -> Path:
    """Where a host's collector keeps what commands have set."""
    return chosen.data_path / "collector" / f"{chosen.host_id}.json"


main = service(
    "collector",
    run,
    "broker",
    "broker_ca_file",
    "topic_prefix",
    "host",
    "interval",
    "sources",
    "perf_cores",
    "perf_interval",
    "data_dir",
    environ=os.environ,
    once=once,
)

if __name__ == "__main__":
    main()
