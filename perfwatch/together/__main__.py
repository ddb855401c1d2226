"""`python -m perfwatch.together alerts devices`: light services in one process, each as it runs alone.

What one alone is to know has its name before it in the environment: `devices.PERFWATCH_BROKER`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from importlib import import_module

from perfwatch import log, setting_sources
from perfwatch.command import explained
from perfwatch.errors import PerfWatchError
from perfwatch.settings import Settings, secret_variables
from perfwatch.signals import until_signalled

_log = logging.getLogger(__name__)


def main() -> None:
    """Run the services that are named. When one fails, all end: nobody would see that it is missing."""
    names = sys.argv[1:]
    with explained():
        chosen = {name: setting_sources.load(own(os.environ, name)) for name in names}
        for secret in [one for one in os.environ if one.rpartition(".")[2] in secret_variables()]:
            del os.environ[secret]  # so that no child of ours inherits it
        log.set_up("+".join(names), next(iter(chosen.values())).log_level)
        try:
            asyncio.run(until_signalled(serve_all(chosen)))
        except ExceptionGroup:
            sys.exit(1)  # each has said why


def own(environ: Mapping[str, str], name: str) -> dict[str, str]:
    """The environment as that service has it when it runs alone."""
    before = f"{name}."
    its = {key.removeprefix(before): value for key, value in environ.items() if key.startswith(before)}
    return {**environ, **its}


async def serve_all(chosen: Mapping[str, Settings]) -> None:
    """Raises an ExceptionGroup when one has failed and the others have ended."""
    async with asyncio.TaskGroup() as group:
        for name, settings in chosen.items():
            group.create_task(_serve(name, settings))


async def _serve(name: str, settings: Settings) -> None:
    log.speaking.set(name)
    try:
        # Services are run, not imported: nothing here depends on them.
        await import_module(f"{name}.app").serve(settings)
    except PerfWatchError as exc:
        _log.error("%s", exc)
        raise
    except Exception:
        _log.critical("ended by an error that nobody foresaw", exc_info=True)
        raise


if __name__ == "__main__":
    main()
