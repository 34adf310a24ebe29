# The image: the program, OpenSSL and the certificate authorities, and little else.
FROM rust:1.95.0-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1 AS build
WORKDIR /src
COPY . .
# The build sees no .git: docker build --build-arg LOGIN_DRAIN_COMMIT="$(git rev-parse --short=9 HEAD)" .
ARG LOGIN_DRAIN_COMMIT=
RUN cargo build --release --locked --bin login-drain

FROM debian:12.12-slim@sha256:d5d3f9c23164ea16f31852f95bd5959aad1c5e854332fe00f7b3a20fcc9f635c
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/login-drain /usr/local/bin/login-drain
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["login-drain"]
