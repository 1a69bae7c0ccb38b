# The image of coolkit: the binary, the libraries it needs, certificates, and nothing else: no shell,
# no package manager, no user but 65532. `make image` builds it, also where no container engine is.
#
#   docker build --build-arg REVISION=$(git rev-parse --short=12 HEAD) -t gcr.io/example/coolkit:TAG .
ARG BASE=debian:12-slim

FROM ${BASE} AS build
ARG REVISION=unknown
COPY tools/install-packages tools/packages.txt /source/tools/
RUN apt-get update -qq && /source/tools/install-packages run
COPY . /source
RUN cd /source && export COOLKIT_REVISION="${REVISION}" && \
    cmake --preset release -DCOOLKIT_TESTS=OFF > /dev/null && \
    cmake --build build/release --target coolkit && \
    tools/image-root build/release/coolkit /rootfs

FROM scratch
ARG REVISION=unknown
LABEL org.opencontainers.image.title="coolkit" \
      org.opencontainers.image.description="HTTP key-value service: durable as PostgreSQL, fast as memory" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /rootfs /
USER 65532:65532
WORKDIR /data
EXPOSE 8080 2345
ENTRYPOINT ["/usr/bin/coolkit"]
CMD ["serve"]
