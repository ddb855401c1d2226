"""What a page of your own has (docs/pages.md): a client that is logged in, and live charts.

    from perfwatch import widgets

    widgets.live_chart("nas", "cpu", "usage_percent")
    costs = widgets.client().history("plug", "energy_kwh", since="30d")

Nothing of this works outside of the dashboard, which provides it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from perfwatch.errors import PageError

if TYPE_CHECKING:  # the dashboard needs no client of itself until a page asks for one
    from perfwatch.client import SyncClient


class Provider(Protocol):
    """The dashboard, which runs the page."""

    def client(self) -> SyncClient: ...

    def live_chart(
        self, host: str, metric: str, field: str, *, title: str, height: int, key: str | None
    ) -> None: ...


_provider: Provider | None = None


def provide(provider: Provider) -> None:
    """Called by the dashboard when it starts; a process has one."""
    global _provider
    _provider = provider


def client() -> SyncClient:
    """A client of this dashboard that may see what the page's visitor may: one a visit, kept over reruns.

    Raises PageError outside of a page.
    """
    return _provided().client()


def live_chart(
    host: str, metric: str, field: str, *, title: str = "", height: int = 240, key: str | None = None
) -> None:
    """The last five minutes of one number of one host, and each new reading as it comes, without a rerun.

    `field` is its path in the reading, as `usage_percent` or `partitions./srv.free_bytes`; `height` is in
    pixels. Of two charts of the same number each needs a `key`. Raises PageError outside of a page.
    """
    shown = title or f"{host} · {metric} {field}"
    _provided().live_chart(host, metric, field, title=shown, height=height, key=key)


def _provided() -> Provider:
    if _provider is None:
        raise PageError(
            "perfwatch.widgets works in pages of the dashboard: put this file into the folder pages of its "
            "data folder. Elsewhere use perfwatch.client"
        )
    return _provider
