"""The broker as `perfwatch up` runs it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from perfwatch.admin.access_list import ROLES
from perfwatch.admin.mosquitto import Accounts, Listening, mqtt_url, write_configuration
from perfwatch.topics import Prefixes
from tests.collector.listener import Listener
from tests.servers import Mosquitto, client, free_port

SHIPPED = Prefixes()
HOSTS = ("nas", "pi", "küche 1")


class Broker(Mosquitto):
    """A Mosquitto with the shipped configuration, and accounts of some hosts. `memory_limit` is in bytes."""

    def __init__(self, folder: Path, prefixes: Prefixes = SHIPPED, memory_limit: int = 0) -> None:
        self.accounts = Accounts(folder / "accounts.json")
        self.accounts.ensure((*ROLES, *HOSTS))
        super().__init__(folder, "", free_port())
        self._configuration = write_configuration(folder, self.accounts, Listening(self.port), prefixes)
        if memory_limit:
            shipped = self._configuration.read_text()
            limited = re.sub(r"memory_limit \d+", f"memory_limit {memory_limit}", shipped)
            self._configuration.write_text(limited)

    def client(self, program: str, account: str | None, *arguments: str) -> subprocess.Popen[str]:
        command = client(program, self.port, *arguments)
        if account is not None:
            command += ["-u", account, "-P", self.accounts.passwords.get(account, "wrong")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def publish(self, account: str | None, topic: str) -> str:
        """What mosquitto_pub says: nothing when the broker took the message."""
        said, _ = self.client("mosquitto_pub", account, "-q", "1", "-t", topic, "-m", "1").communicate(
            timeout=60
        )
        return said.strip()

    def may_read(self, account: str, topic: str, writer: str) -> bool:
        """Whether a retained message of `writer` on that topic reaches `account`."""
        put = self.client("mosquitto_pub", writer, "-q", "1", "-r", "-t", topic, "-m", "here")
        assert put.communicate(timeout=60)[0] == ""
        with Listener(self.port, account, self.accounts.passwords[account]) as listener:
            listener.catch_up()  # what is retained comes with the subscription
        return b"here" in listener.topic(topic)

    def url_of(self, account: str) -> str:
        return mqtt_url(account, self.accounts.passwords[account], "127.0.0.1", self.port)
