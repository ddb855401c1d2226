"""`python -m bridge`: the bridge as a process of its own."""

from __future__ import annotations

import os

from bridge.app import run
from perfwatch.command import service

main = service(
    "bridge",
    run,
    "broker",
    "broker_ca_file",
    "topic_prefix",
    "data_dir",
    "history",
    "bridge_id",
    "session_expiry",
    environ=os.environ,
)

if __name__ == "__main__":
    main()
