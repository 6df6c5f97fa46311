# The image of a release archive:
#   mvn -B -Dprogram -Pdist -pl twin-app -am package && docker build -t twin .

FROM eclipse-temurin:25-jre AS unpacked
COPY twin-app/target/twin-*.tar.gz /tmp/twin.tar.gz
# Libraries apart from what changes with every release, so that a new release is a small layer.
RUN mkdir -p /release /libraries \
    && tar -xzf /tmp/twin.tar.gz -C /release --strip-components=1 \
    && find /release/lib -name '*.jar' ! -name 'twin-*' ! -name 'cluster-config-*' -exec mv {} /libraries/ \;

FROM eclipse-temurin:25-jre
LABEL org.opencontainers.image.title="Twin" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --create-home twin \
    && mkdir /data && chown twin /data
COPY --from=unpacked /libraries /opt/twin/lib
COPY --from=unpacked /release /opt/twin
USER twin
WORKDIR /data
VOLUME /data
EXPOSE 8080
# The launcher ends in exec: signals reach the JVM.
ENTRYPOINT ["/opt/twin/twin"]
CMD ["--help"]
