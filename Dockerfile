# The image of loader, servers and balancer, with the official index inside.
#
#   docker build -t fraudring:0.1.0 .
#   docker build -t fraudring:mine --build-arg REFERENCES=mine.json.gz .      (from the folder `references` beside this file)
#
# Needs no particular builder: no syntax line, no cache mounts, no digests. amd64 and arm64; nothing is compiled for
# one CPU model, the programs choose their kernels when they start.

# ---- the manifests alone, with empty crates in place of ours, so that the next stage sees no change of code
FROM rust:1.95-slim-bookworm AS manifests
WORKDIR /context
COPY . .
RUN mkdir /build && cp Cargo.toml Cargo.lock /build && \
    for manifest in */Cargo.toml crates/*/Cargo.toml deploy/*/Cargo.toml; do \
        room="/build/$(dirname "$manifest")" && mkdir -p "$room/src" "$room/benches" && cp "$manifest" "$room" && \
        echo '//! Empty.' > "$room/src/lib.rs" && printf '//! Empty.\nfn main() {}\n' > "$room/src/main.rs" && \
        for bench in $(sed -n '/^\[\[bench\]\]/,/^name/s/^name = "\(.*\)"/\1/p' "$manifest"); do \
            touch "$room/benches/$bench.rs"; \
        done || exit 1; \
    done

# ---- what changes rarely: every crate that is not of this workspace, compiled once
FROM rust:1.95-slim-bookworm AS dependencies
WORKDIR /build
# Static programs need no base image: no shell, no libraries, nothing to update but themselves.
ENV RUSTFLAGS="-C target-feature=+crt-static"
COPY --from=manifests /build /build
# A target must be given, or the compiler's own plug-ins would be linked statically too.
RUN rustc -vV | sed -n 's/^host: //p' > /host && \
    cargo build --release --locked --target "$(cat /host)" -p server -p balancer -p shm-loader -p build-index

# ---- what the index's builder and the programs have in common, compiled once
FROM dependencies AS shared
COPY crates/space crates/space
COPY crates/simd crates/simd
COPY crates/schema crates/schema
COPY crates/scoring crates/scoring
COPY index index
# `cargo` goes by times, and ours are older than the empty crates'. All stages name the same packages, because what is
# built together decides on the features of what they share.
RUN find crates/space crates/simd crates/schema crates/scoring index -name '*.rs' -exec touch {} + && \
    cargo build --release --locked --target "$(cat /host)" -p server -p balancer -p shm-loader -p build-index

# ---- the index, from the code that makes it and nothing else
FROM shared AS index
COPY crates/dataset crates/dataset
COPY deploy/build-index deploy/build-index
RUN rm -f deploy/build-index/src/lib.rs && find crates/dataset deploy -name '*.rs' -exec touch {} + && \
    cargo build --release --locked --target "$(cat /host)" -p server -p balancer -p shm-loader -p build-index
ARG REFERENCES=official
# A pattern may match nothing, so the folder may be missing; some file must match, so the lock file comes along.
COPY Cargo.lock references* /references/
RUN mkdir /index && cd /references && \
    "/build/target/$(cat /host)/release/build-index" --references "$REFERENCES" --out /index/fraudring.index

# ---- loader, server and balancer
FROM shared AS programs
COPY crates/admin crates/admin
COPY crates/command-line crates/command-line
COPY crates/handoff crates/handoff
COPY crates/http crates/http
COPY crates/listener crates/listener
COPY crates/runtime crates/runtime
COPY shm-loader shm-loader
COPY balancer balancer
COPY server server
ARG FRAUDRING_COMMIT=unknown
RUN find crates/admin crates/command-line crates/handoff crates/http crates/listener crates/runtime shm-loader balancer server -name '*.rs' -exec touch {} + && \
    cargo build --release --locked --target "$(cat /host)" -p server -p balancer -p shm-loader -p build-index && \
    mkdir -p /image/bin /image/run && \
    for program in server balancer shm-loader; do \
        cp "target/$(cat /host)/release/$program" /image/bin/ && "/image/bin/$program" --version || exit 1; \
    done

# ---- what is shipped
FROM scratch
# The index first: it is the large layer and the one that changes least.
COPY --from=index /index /index
COPY --from=programs /image/bin /bin
# A named volume that is mounted here takes over the owner, so that the servers may make their sockets in it.
COPY --from=programs --chown=65532:65532 /image/run /run/fraudring
ARG FRAUDRING_COMMIT=unknown
LABEL org.opencontainers.image.title="fraudring" \
      org.opencontainers.image.description="Scores card transactions by the 5 most similar of 3,000,000 labelled references" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${FRAUDRING_COMMIT}" \
      org.opencontainers.image.licenses="MIT"
STOPSIGNAL SIGTERM
# No root by accident; the loader asks for it in docker-compose.yml.
USER 65532:65532
CMD ["server", "--help"]
