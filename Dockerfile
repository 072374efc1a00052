# syntax=docker/dockerfile:1
# The program in an image: `docker build -t agent-orchestrator .`
#
# Inside it listens on every address of the container, and refuses to without the word that open is meant: this
# version has no API keys, and needs a proxy in front that asks callers who they are before it is published more
# widely than here. For one that only this machine reaches:
#   docker run -p 127.0.0.1:8000:8000 -e ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK=true -v orchestrator:/data \
#     --stop-timeout 30 agent-orchestrator

FROM rust:1-bookworm AS build
WORKDIR /src
# The tools, as `make run` would install them; this layer lasts until one of these files changes.
COPY Cargo.toml ./
COPY .cargo .cargo
COPY scripts/setup.sh scripts/setup.sh
RUN scripts/setup.sh run && rm -rf /var/lib/apt/lists/*
COPY . .
# Crates and compiled dependencies, FAISS above all, stay in build caches: an edit compiles only our own code.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked \
    && install -D target/release/agent-orchestrator /out/agent-orchestrator

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
      ca-certificates curl libgomp1 liblapack3 libopenblas0 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin orchestrator \
    && install -d -o orchestrator -g orchestrator /data
COPY LICENSE THIRD_PARTY.md /usr/share/doc/agent-orchestrator/
COPY --from=build /out/agent-orchestrator /usr/local/bin/agent-orchestrator
USER orchestrator
WORKDIR /data
VOLUME /data
# One thread per search: many searches run at once, and each would otherwise take every core.
ENV ORCHESTRATOR_LISTEN=0.0.0.0:8000 \
    ORCHESTRATOR_DATA_DIR=/data \
    OMP_NUM_THREADS=1
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8000/healthz"]
ENTRYPOINT ["agent-orchestrator"]
CMD ["serve"]
