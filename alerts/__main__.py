"""`python -m alerts`: the alerts as a process of their own."""

from __future__ import annotations

import os
from functools import partial, update_wrapper

from alerts.app import run
from perfwatch.command import service
from perfwatch.systemd_notify import Notifier

main = service(
    "alerts",
    update_wrapper(partial(run, notifier=Notifier.of(os.environ)), run),
    "broker",
    "broker_ca_file",
    "topic_prefix",
    "data_dir",
    "alerts_every",
    "homeassistant",
    "homeassistant_prefix",
    "heartbeat_file",
    environ=os.environ,
)

if __name__ == "__main__":
    main()
