# The image of lucca-exchange: one static program, certificates of authorities, time zones
# (inside the program), and nothing else: no shell, no package manager, no root.
#
#   podman build --format docker -t lucca-exchange .
#   podman run --stop-timeout 60 -v ./lucca-exchange.yaml:/etc/lucca-exchange/lucca-exchange.yaml:ro \
#     -v state:/var/lib/lucca-exchange -p 8484:8484 lucca-exchange
#
# When it is stopped, runs have 30 s to end: after the usual 10 s they would be killed.
#
# In the configuration, state: and spool: belong under /var/lib/lucca-exchange, and
# web.listen is 0.0.0.0:8484, with users and TLS or a proxy. --format docker, since the OCI
# format has no HEALTHCHECK. The base needs Go, git and the certificates of authorities.
ARG BUILD_BASE=golang:1.26
FROM ${BUILD_BASE} AS build
ARG GOPROXY
ENV CGO_ENABLED=0
WORKDIR /src
COPY go.mod go.sum ./
RUN ["go", "mod", "download"]
COPY . .
# Go stamps the version and the commit from .git: a change or a missing file is "+dirty".
RUN ["go", "build", "-buildvcs=true", "-trimpath", "-ldflags=-s -w", "-o", "/out/", "./cmd/lucca-exchange"]
WORKDIR /out/state

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/lucca-exchange /usr/bin/
COPY --from=build --chown=65532:65532 /out/state /var/lib/lucca-exchange
COPY --from=build --chown=65532:65532 /out/state /tmp
ENV LUCCA_EXCHANGE_CONFIG=/etc/lucca-exchange/lucca-exchange.yaml
USER 65532:65532
WORKDIR /var/lib/lucca-exchange
VOLUME /var/lib/lucca-exchange
EXPOSE 8484
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s --retries=3 CMD ["/usr/bin/lucca-exchange", "health"]
ENTRYPOINT ["/usr/bin/lucca-exchange"]
CMD ["serve"]
