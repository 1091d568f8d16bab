# The vTOC binary with the console in it. Made for `vtoc setup container`.
FROM rust:1.95-bookworm AS build
# Debian's own Node is too old for the console: web/node.sh fetches one by pip.
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN sh web/node.sh npm ci --silent && sh web/node.sh npm run --silent build && cargo build --release --locked -p vtoc --no-default-features --features station,central,embed-ui

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/vtoc --create-home --skel /dev/null vtoc
COPY --from=build /src/target/release/vtoc /usr/bin/vtoc
USER vtoc
VOLUME /var/lib/vtoc
EXPOSE 8080/tcp 7443/udp
ENTRYPOINT ["/usr/bin/vtoc"]
