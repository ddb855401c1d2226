"""Who may do what on the broker: the rules of mosquitto/acl, for the accounts and prefixes that are in use.

No input or output, but for the shipped rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files

from perfwatch.admin.broker_accounts import Integration
from perfwatch.topics import DEFAULT_DISCOVERY, DEFAULT_PREFIX, Prefixes, discovery_topic

ROLES = ("alerts", "bridge", "dashboard", "devices", "reader")


def access_list(hosts: Iterable[str], integrations: Mapping[str, Integration], prefixes: Prefixes) -> str:
    """Mosquitto's acl_file. `hosts` are the accounts of collectors beside those of `integrations`."""
    shipped = (files("mosquitto") / "acl").read_text()
    programs = {name: one for name, one in integrations.items() if one.role != "collector"}
    machines = sorted({*hosts, *integrations} - programs.keys() - {*ROLES})
    return "".join(
        [
            _under(prefixes, shipped),
            *(_program(name, one, shipped, prefixes) for name, one in programs.items()),
            *(_machine(name, prefixes.discovery) for name in machines),
        ]
    )


def _program(name: str, one: Integration, shipped: str, prefixes: Prefixes) -> str:
    """The rules of `reader` under another name, and what that account may write."""
    section = shipped[shipped.index("user reader\n") :].split("\n\n")[0]
    section = section.replace("user reader", f"user {name}")
    section = section.replace("/reader/", f"/{name}/").replace("_reader/", f"_{name}/")
    lines = _under(prefixes, section).splitlines()
    if one.role == "homeassistant":
        lines = [line for line in lines if not line.startswith(f"topic deny {prefixes.discovery}/")]
        lines.append(f"topic readwrite {prefixes.discovery}/#")
    lines += [f"topic readwrite {topics}" for topics in one.writes]
    return "\n" + "\n".join(lines) + "\n"


def _machine(name: str, discovery: str) -> str:
    """A line for a host's discovery: its id there may differ from its account's name, which the pattern has.

    Newer versions of Mosquitto deny what a pattern with %u inside a level allows (Debian forky's does).
    """
    return f"\nuser {name}\ntopic write {discovery_topic(name, discovery).removesuffix('config')}#\n"


def _under(prefixes: Prefixes, rules: str) -> str:
    """The shipped rules with those prefixes in place of the defaults."""
    for default, ours in (
        (f" {DEFAULT_PREFIX}/", f" {prefixes.topics}/"),
        (f" {DEFAULT_PREFIX}-bridge/", f" {prefixes.topics}-bridge/"),
        (f" {DEFAULT_PREFIX}-alerts/", f" {prefixes.topics}-alerts/"),
        (f" {DEFAULT_PREFIX}-devices/", f" {prefixes.topics}-devices/"),
        (f" {DEFAULT_DISCOVERY}/", f" {prefixes.discovery}/"),
    ):
        rules = rules.replace(default, ours)
    return rules
