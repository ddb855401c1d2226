ARG DEBIAN
FROM ${DEBIAN}
RUN groupadd --gid 1883 mosquitto && useradd --uid 1883 --gid 1883 --no-create-home mosquitto \
    && apt-get update && apt-get install -y --no-install-recommends mosquitto mosquitto-clients netcat-openbsd \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /mosquitto/config /mosquitto/data /mosquitto/log && chown -R mosquitto:mosquitto /mosquitto
VOLUME /mosquitto/data /mosquitto/log
EXPOSE 1883
CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]
