# Every image of docker-compose.yml, one target each. The services are the tarballs of `npm run package`, unpacked.

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npm run package
RUN mkdir -p /opt/clusterlog-agent /opt/clusterlog-gateway \
 && tar -xzf dist/clusterlog-agent-*.tar.gz -C /opt/clusterlog-agent --strip-components=1 \
 && tar -xzf dist/clusterlog-gateway-*.tar.gz -C /opt/clusterlog-gateway --strip-components=1

FROM debian:bookworm-slim AS base
# 10001 runs every service; 190 may read journals.
RUN groupadd --gid 190 systemd-journal \
 && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin clusterlog

FROM base AS agent
COPY --from=build /opt/clusterlog-agent /opt/clusterlog-agent
USER 10001:10001
EXPOSE 61001
ENTRYPOINT ["/opt/clusterlog-agent/bin/clusterlog-agent"]

FROM base AS gateway
COPY --from=build /opt/clusterlog-gateway /opt/clusterlog-gateway
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/opt/clusterlog-gateway/bin/clusterlog-gateway"]

FROM base AS edge
RUN apt-get update \
 && apt-get install --yes --no-install-recommends curl nginx openssl \
 && rm -rf /var/lib/apt/lists/*
COPY nginx /etc/nginx
COPY deploy/compose/prepare.sh /usr/local/bin/prepare.sh
USER 10001:10001
EXPOSE 80 443
ENTRYPOINT ["/usr/sbin/nginx", "-e", "stderr", "-c", "/etc/nginx/container.conf", "-g", "daemon off;"]

FROM base AS journald
RUN apt-get update \
 && apt-get install --yes --no-install-recommends bsdutils systemd \
 && rm -rf /var/lib/apt/lists/* /etc/machine-id
COPY deploy/compose/journald.sh /usr/local/bin/journald.sh
ENTRYPOINT ["/usr/local/bin/journald.sh"]

FROM node:24-bookworm-slim AS simulated-mesos
COPY test/dev-cluster /opt/dev-cluster
COPY test/package.json /opt/package.json
USER node
EXPOSE 5050
ENTRYPOINT ["node", "/opt/dev-cluster/mesos-alone.ts"]
