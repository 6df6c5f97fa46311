# The image of a release archive:
#   mvn -B -Dprogram -Pdist -pl twin-app -am package && docker build -t twin:0.1.0-SNAPSHOT .
# It runs a node whose settings come from the environment (cluster-config/twin-environment.conf).

ARG JRE=eclipse-temurin:25.0.3_9-jre-noble

FROM ${JRE} AS unpacked
COPY twin-app/target/twin-*.tar.gz /tmp/twin.tar.gz
# Libraries apart from what changes with every release, so that a new release is a small layer. The databases that
# ./twin demo brings along for other systems have no place in it.
RUN mkdir -p /release /libraries \
    && tar -xzf /tmp/twin.tar.gz -C /release --strip-components=1 \
    && rm -f /release/lib/embedded-postgres-binaries-darwin-*.jar \
    && find /release/lib -name '*.jar' ! -name 'twin-*' ! -name 'cluster-config-*' -exec mv {} /libraries/ \;

FROM ${JRE}
LABEL org.opencontainers.image.title="Twin" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 twin \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /tmp twin \
    && mkdir /data && chown 10001:10001 /data
COPY --from=unpacked /libraries /opt/twin/lib
COPY --from=unpacked /release /opt/twin
COPY --chmod=0755 cluster-config/docker/probe /opt/twin/probe
# All that is written: /data is to be kept, and the same for all nodes; /tmp is not. Native libraries are unpacked into
# the cache, so it must allow execution.
ENV TWIN_ADMIN_PASSWORD_FILE=/data/administrator-password \
    TWIN_ARCHIVE_FOLDER=/data/archive \
    TWIN_AUDIT_FOLDER=/data/audit/seals \
    TWIN_AUDIT_PRIVATE_KEY=/data/audit/private-key.pem \
    TWIN_FETCHED_MODELS_FOLDER=/data/models \
    XDG_CACHE_HOME=/tmp/cache
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080 7355 7626
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s --retries=3 CMD ["/opt/twin/probe", "/health"]
# The launcher ends in exec: signals reach the JVM.
ENTRYPOINT ["/opt/twin/twin"]
CMD ["node", "--config", "/opt/twin/cluster-config/twin-environment.conf"]
