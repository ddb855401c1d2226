ARG DEBIAN
FROM ${DEBIAN}
RUN groupadd --gid 101 nginx && useradd --uid 101 --gid 101 --no-create-home nginx \
    && apt-get update && apt-get install -y --no-install-recommends nginx libnginx-mod-stream curl \
    && rm -rf /var/lib/apt/lists/* /etc/nginx/modules-enabled/*
# In the official image the module is built in.
CMD ["nginx", "-g", "load_module /usr/lib/nginx/modules/ngx_stream_module.so; daemon off;"]
