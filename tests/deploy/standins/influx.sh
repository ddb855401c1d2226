#!/bin/sh
# `influx ping`, the one command of InfluxDB 2's client that the stack uses.
[ "$1" = ping ] || exit 64
exec python3 -c "import urllib.request as web; web.urlopen('http://127.0.0.1:8086/ping')"
