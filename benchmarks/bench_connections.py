"""Counting open sockets by state: what each way costs, with few sockets and with many.

    python -m benchmarks.bench_connections [--sockets 10000]

The sockets are loopback pairs of this process's own. The collector uses the first way, and the last
but one where netlink is refused; psutil looks up the process of each socket as well.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator

import psutil

from benchmarks.table import percentile, print_table
from collector.sources import sock_diag
from collector.sources.connections import by_counting, by_listing
from collector.sources.source import read_text

ROUNDS = 15
_LISTEN, _ALL_STATES = 10, range(1, 12)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sockets", type=int, default=10_000, help="how many to open")
    chosen = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, chosen.sockets + 200), most))
    print_costs(0)
    with pairs(chosen.sockets // 2):
        print_costs(chosen.sockets)


@contextlib.contextmanager
def pairs(count: int) -> Iterator[None]:
    """That many connections over the loopback, both ends of them ours."""
    with contextlib.ExitStack() as opened, socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(128)
        for _ in range(count):
            opened.enter_context(socket.create_connection(server.getsockname()))
            opened.enter_context(server.accept()[0])
        yield


def counted() -> int | None:
    return by_counting(read_text).tcp.established


def dumped() -> int | None:
    return sum(number for seen, number in sock_diag.ask(_ALL_STATES).items() if seen.state == 1)


def listed() -> int | None:
    return by_listing(read_text).tcp.established


def asked_of_psutil() -> int | None:
    return Counter(one.status for one in psutil.net_connections("tcp"))[psutil.CONN_ESTABLISHED]


WAYS: dict[str, Callable[[], int | None]] = {
    "sockstat, and the rare states over netlink": counted,
    "every state over netlink": dumped,
    "/proc/net/tcp and tcp6": listed,
    "psutil.net_connections": asked_of_psutil,
}


def print_costs(opened: int) -> None:
    rows: list[tuple[object, ...]] = []
    for name, way in WAYS.items():
        costs, established = measured(way)
        share = 100 * percentile(costs, 0.5) / 1000 / 5
        rows.append((name, established, percentile(costs, 0.5), max(costs), share))
    print_table(
        f"Counting sockets by state, with {opened:,} opened for it",
        ("", "established", "median ms", "slowest ms", "% of a core at 5 s"),
        rows,
    )


def measured(way: Callable[[], int | None]) -> tuple[list[float], int | None]:
    """Milliseconds of processor time of each round, and what it counted."""
    costs, established = [], None
    for _ in range(ROUNDS):
        began = time.process_time()
        established = way()
        costs.append(1000 * (time.process_time() - began))
    return costs, established


if __name__ == "__main__":
    main()
