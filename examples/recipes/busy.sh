#!/bin/sh
# busy.sh URL [LIMIT]: a line for each reading of a CPU above LIMIT percent (90), of hosts that are there now.
# URL is what `perfwatch credentials reader` prints. Needs mosquitto-clients and jq.
set -eu
url=$1 limit=${2:-90}
# -R: no retained message, which may be of a host that is gone. -F: topic and payload as JSON.
mosquitto_sub -L "$url/perfwatch/+/cpu" -q 1 -R -F '{"topic":"%t","reading":%p}' |
    jq --unbuffered -r --argjson limit "$limit" '
        select((.reading.usage_percent // 0) > $limit)
        | "\(.reading.timestamp) \(.topic | split("/")[1]) \(.reading.usage_percent) %"'
