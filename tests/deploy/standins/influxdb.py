"""InfluxDB 1.6 behind the test proxy, started as the official image of InfluxDB 2 is."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from types import FrameType

from tests.influx_proxy import PASS, InfluxProxy

DATA = Path("/var/lib/influxdb2")
CONFIGURATION = f"""
reporting-disabled = true
bind-address = "127.0.0.1:18088"
[meta]
dir = "{DATA}/meta"
[data]
dir = "{DATA}/data"
wal-dir = "{DATA}/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:18086"
log-enabled = false
[monitor]
store-enabled = false
"""


def main() -> None:
    written = DATA / "influxdb.conf"
    written.write_text(CONFIGURATION)
    token = Path(os.environ["DOCKER_INFLUXDB_INIT_ADMIN_TOKEN_FILE"]).read_text().strip()
    server = subprocess.Popen(["influxd", "-config", str(written)])

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.terminate()

    signal.signal(signal.SIGTERM, stop)
    with InfluxProxy(18086, ("0.0.0.0", 8086)) as proxy:
        proxy.fault = lambda _path, _body: PASS
        proxy.allowed = f"Token {token}"
        server.wait()


if __name__ == "__main__":
    main()
