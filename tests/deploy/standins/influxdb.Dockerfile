ARG DEBIAN
FROM ${DEBIAN}
RUN groupadd --gid 1000 influx && useradd --uid 1000 --gid 1000 --no-create-home influx \
    && apt-get update && apt-get install -y --no-install-recommends influxdb python3 \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /var/lib/influxdb2 /etc/influxdb2 && chown 1000:1000 /var/lib/influxdb2 /etc/influxdb2
COPY __init__.py influx_proxy.py /standin/tests/
COPY deploy/standins/influxdb.py /standin/
COPY deploy/standins/influx.sh /usr/local/bin/influx
VOLUME /var/lib/influxdb2 /etc/influxdb2
EXPOSE 8086
ENTRYPOINT ["python3", "-u", "/standin/influxdb.py"]
