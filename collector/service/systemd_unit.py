"""The systemd unit of the collector, and the file with its settings: text only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from perfwatch.systemd import quoted

SERVICE = "perfwatch-collector"

# %-marks are filled in below. What is not here is left out for a reason: docs/collector.md.
_UNIT = """\
# Written by `perfwatch collector install-service`; removed by `perfwatch collector uninstall-service`.
# The settings, with the broker's password, are in @ENVIRONMENT@.

[Unit]
Description=PerfWatch collector: this machine's readings, over MQTT
# No need of network-online.target: a broker that is away is waited for.
After=network.target

[Service]
Type=notify
# Fed by the loop, every 10 s.
WatchdogSec=60
ExecStart=@COMMAND@
EnvironmentFile=@ENVIRONMENT@
Environment=PERFWATCH_DATA_DIR=/var/lib/perfwatch
Restart=always
RestartSec=5

# An unprivileged user that exists while the service runs. systemd itself reads the settings for it.
DynamicUser=yes
User=perfwatch
@GROUPS@StateDirectory=perfwatch
StateDirectoryMode=0700
UMask=0077

CapabilityBoundingSet=@CAPABILITIES@
AmbientCapabilities=@CAPABILITIES@
NoNewPrivileges=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictNamespaces=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@SYSCALLS@
SystemCallErrorNumber=EPERM
# Netlink answers about sockets and interfaces, Unix sockets are those of Docker and systemd.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK

ProtectSystem=strict
# Not "yes": an empty folder over a /home that is a disk of its own would be measured in its place.
ProtectHome=read-only
PrivateTmp=yes
ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
# Not ProcSubset=pid nor ProtectProc=invisible: /proc is what is measured.
ProcSubset=all
ProtectProc=default
# Not PrivateDevices=yes: NVIDIA's library asks the card through /dev. Nothing else of /dev is open.
DevicePolicy=closed
DeviceAllow=char-nvidia* rw

[Install]
WantedBy=multi-user.target
"""

_ESCAPED = re.compile(r'([\\"`$])')
_ASSIGNED = re.compile(r"\s*([A-Za-z_]\w*)=")


def unit(command: Sequence[str], environment: str, perf: bool = False, groups: Sequence[str] = ()) -> str:
    """The unit that runs `command` with the settings in the file `environment`.

    `perf` adds the one capability and the one system call that counting the whole machine's events
    needs; `groups` are further groups of its user.
    """
    filled = {
        "COMMAND": " ".join(quoted(word) for word in command),
        "ENVIRONMENT": environment,
        "GROUPS": f"SupplementaryGroups={' '.join(groups)}\n" if groups else "",
        "CAPABILITIES": "CAP_PERFMON" if perf else "",
        "SYSCALLS": "@system-service perf_event_open" if perf else "@system-service",
    }
    return re.sub("@([A-Z]+)@", lambda mark: filled[mark[1]], _UNIT)


def settings_text(before: str, values: Mapping[str, str]) -> str:
    """The settings file: `before` with those variables set, its other lines kept as they are."""
    kept = [line for line in before.splitlines() if _assigned(line) not in values]
    written = [f'{name}="{_ESCAPED.sub(_backslashed, value)}"' for name, value in values.items()]
    return "\n".join([*(kept or [_HEAD]), *written]) + "\n"


_HEAD = """\
# Settings of the PerfWatch collector; after a change: systemctl restart perfwatch-collector
# `perfwatch collector --help` lists them all. PERFWATCH_BROKER is the one that most machines need:
#PERFWATCH_BROKER="mqtts://host:password@broker.example:8883\""""


def _assigned(line: str) -> str | None:
    found = _ASSIGNED.match(line)
    return found[1] if found else None


def _backslashed(found: re.Match[str]) -> str:
    return "\\" + found[1]
