# The image: the program, OpenSSL and the certificate authorities, and little else.
FROM rust:1.95.0-bookworm AS build
WORKDIR /src
COPY . .
# The build sees no .git: docker build --build-arg LOGIN_DRAIN_COMMIT="$(git rev-parse --short=9 HEAD)" .
ARG LOGIN_DRAIN_COMMIT=
RUN cargo build --release --locked --bin login-drain

FROM debian:12.12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/login-drain /usr/local/bin/login-drain
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["login-drain"]
