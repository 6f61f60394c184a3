# The gateway in a container. Nothing in it depends on the platform but Node, which is the base image's: the first stage
# runs on the builder's own machine, the second copies.
ARG NODE_VERSION=24.21.0

FROM --platform=$BUILDPLATFORM node:${NODE_VERSION}-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN ["npm", "ci", "--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
COPY scripts/build.ts scripts/
COPY adapters adapters
COPY semantic-models semantic-models
COPY gateway gateway
COPY simulators simulators
COPY cli cli
RUN ["node", "--disable-warning=ExperimentalWarning", "scripts/build.ts"]
# A volume gets the owner of the folder that it covers.
RUN ["mkdir", "--mode=0700", "/data"]

FROM node:${NODE_VERSION}-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Sluice" \
      org.opencontainers.image.description="A real-time gateway: MQTT in, NGSI-LD out, under consent and at the agreed price" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
WORKDIR /app
COPY LICENSE package.json ./
COPY bin/sluice.js bin/node.js bin/
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY --from=build --chown=node:node /data /data
# Inside a container the only way in is a port that somebody publishes.
ENV NODE_ENV=production \
    SLUICE_DATA=/data \
    SLUICE_HOST=0.0.0.0 \
    SLUICE_MQTT_PORT=1883 \
    SLUICE_HTTP_PORT=8080
USER node
VOLUME /data
EXPOSE 1883 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SLUICE_HTTP_PORT}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "/app/bin/sluice.js"]
CMD ["serve"]
