# PerfWatch's images, one target a service: docker build --target collector (bridge, alerts, devices, dashboard, setup) .
#
# Each is Debian's Python and what it needs, and nothing else: no shell, no package manager, no compiler. Packages come
# from hashed locks, as wheels only.
ARG DEBIAN=debian:bookworm-20260803-slim@sha256:abd67ffcfa541b485a3dff59865ab629aa048a6c613e639d36e7456b0b229241

FROM ${DEBIAN} AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-pip \
    && rm -rf /var/lib/apt/lists/*
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore SOURCE_DATE_EPOCH=1577836800
WORKDIR /src

# The root file system of every image: the files of these packages, as Debian ships them.
FROM build AS root
COPY docker/rootfs.sh docker/packages.txt docker/
RUN sh docker/rootfs.sh /rootfs

# PerfWatch itself, as a wheel.
FROM build AS wheel
COPY docker/build.lock docker/
RUN python3 -m pip install --break-system-packages --require-hashes --only-binary :all: -r docker/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY alerts alerts
COPY bridge bridge
COPY collector collector
COPY dashboard dashboard
COPY devices devices
COPY mosquitto mosquitto
COPY perfwatch perfwatch
RUN python3 -m pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheel .

FROM build AS collector-packages
COPY docker/install.sh docker/
COPY collector/requirements.lock collector/
RUN sh docker/install.sh /app --require-hashes --only-binary :all: -r collector/requirements.lock
COPY --from=wheel /wheel /wheel
RUN sh docker/install.sh /app --no-deps --no-index /wheel/*.whl

FROM build AS bridge-packages
COPY docker/install.sh docker/bridge.lock docker/
RUN sh docker/install.sh /app --require-hashes --only-binary :all: -r docker/bridge.lock
COPY --from=wheel /wheel /wheel
RUN sh docker/install.sh /app --no-deps --no-index /wheel/*.whl

FROM build AS alerts-packages
COPY docker/install.sh docker/alerts.lock docker/
RUN sh docker/install.sh /app --require-hashes --only-binary :all: -r docker/alerts.lock
COPY --from=wheel /wheel /wheel
RUN sh docker/install.sh /app --no-deps --no-index /wheel/*.whl

FROM build AS devices-packages
COPY docker/install.sh docker/devices.lock docker/
RUN sh docker/install.sh /app --require-hashes --only-binary :all: -r docker/devices.lock
COPY --from=wheel /wheel /wheel
RUN sh docker/install.sh /app --no-deps --no-index /wheel/*.whl

FROM build AS dashboard-packages
RUN apt-get update && apt-get install -y --no-install-recommends esbuild && rm -rf /var/lib/apt/lists/*
COPY docker/install.sh docker/dashboard.lock docker/
RUN sh docker/install.sh /app --require-hashes --only-binary :all: -r docker/dashboard.lock
COPY --from=wheel /wheel /wheel
RUN sh docker/install.sh /app --no-deps --no-index /wheel/*.whl
# What was left out must not be missed.
RUN PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 python3 -P -c 'import dashboard.server, pandas, pyarrow'
# Half a megabyte, made here: the image needs no esbuild.
RUN python3 -I -S /app/dashboard/web/joining.py /app/streamlit/static esbuild > /app/dashboard/web/streamlit.js.gz

# `perf` for the counters, with the libraries that it needs: 25 MB that a collector can do without.
FROM build AS perf
RUN apt-get update && apt-get install -y --no-install-recommends libcap2-bin linux-perf && rm -rf /var/lib/apt/lists/*
COPY docker/perf.sh docker/
RUN sh docker/perf.sh /perf

FROM scratch AS base
COPY --from=root /rootfs /
ENV PATH=/usr/bin:/bin PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 LANG=C.UTF-8 \
    PERFWATCH_DATA_DIR=/data
LABEL org.opencontainers.image.title="PerfWatch" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.description="Event-driven system monitoring over MQTT" \
      org.opencontainers.image.licenses="MIT"

FROM base AS collector
COPY --from=collector-packages /app /usr/lib/python3/dist-packages
COPY --from=root --chown=10001:10001 /empty /data
USER 10001
VOLUME /data
ENV PERFWATCH_HEARTBEAT_FILE=/tmp/heartbeat
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s \
    CMD ["/usr/bin/python3", "-S", "-c", "import os, sys, time; sys.exit(time.time() > os.stat('/tmp/heartbeat').st_mtime)"]
ENTRYPOINT ["/usr/bin/python3", "-P", "-m", "collector"]

FROM collector AS collector-perf
COPY --from=perf /perf /

FROM base AS bridge
COPY --from=bridge-packages /app /usr/lib/python3/dist-packages
COPY --from=root --chown=10002:10002 /empty /data
USER 10002
VOLUME /data
HEALTHCHECK --interval=60s --timeout=20s --start-period=20s \
    CMD ["/usr/bin/python3", "-P", "-m", "bridge", "status", "bridge"]
ENTRYPOINT ["/usr/bin/python3", "-P", "-m", "bridge"]

FROM base AS alerts
COPY --from=alerts-packages /app /usr/lib/python3/dist-packages
COPY --from=root --chown=10004:10004 /empty /data
USER 10004
VOLUME /data
ENV PERFWATCH_HEARTBEAT_FILE=/tmp/heartbeat
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s \
    CMD ["/usr/bin/python3", "-S", "-c", "import os, sys, time; sys.exit(time.time() > os.stat('/tmp/heartbeat').st_mtime)"]
ENTRYPOINT ["/usr/bin/python3", "-P", "-m", "alerts"]

FROM base AS devices
COPY --from=devices-packages /app /usr/lib/python3/dist-packages
COPY --from=root --chown=10005:10005 /empty /data
USER 10005
VOLUME /data
ENV PERFWATCH_HEARTBEAT_FILE=/tmp/heartbeat
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s \
    CMD ["/usr/bin/python3", "-S", "-c", "import os, sys, time; sys.exit(time.time() > os.stat('/tmp/heartbeat').st_mtime)"]
ENTRYPOINT ["/usr/bin/python3", "-P", "-m", "devices"]

FROM base AS dashboard
COPY --from=dashboard-packages /app /usr/lib/python3/dist-packages
COPY --from=root --chown=10003:10003 /empty /data
USER 10003
VOLUME /data
EXPOSE 8000
ENV PERFWATCH_ADDRESS=0.0.0.0
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["/usr/bin/python3", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/health')"]
ENTRYPOINT ["/usr/bin/python3", "-P", "-m", "dashboard"]

# Makes the secrets of a stack, once, and hands each to its service: it begins as root to do so.
FROM base AS setup
COPY --from=bridge-packages /app /usr/lib/python3/dist-packages
VOLUME /secrets
ENTRYPOINT ["/usr/bin/python3", "-P", "-m", "perfwatch"]
CMD ["provision", "/secrets"]
