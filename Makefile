# What one does with this project. `make` alone lists it.
# To add a target, give it a `## description`, which is what the list shows.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test chaos bench check schema

# For the program (make run ARGS="--listen 127.0.0.1:9000") or for the test runner (make test ARGS=memory).
ARGS ?=
TARGET := $(or $(CARGO_TARGET_DIR),target)
export CARGO_TERM_COLOR ?= never

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.* ## /\1\t/p' Makefile | while IFS=$$'\t' read -r name text; do \
		printf 'make %-8s %s\n' "$$name" "$$text"; done

run: ## build the program and run it, API and workers together, on http://127.0.0.1:8000
	@scripts/setup.sh run
	@[[ -x $(TARGET)/release/agent-orchestrator ]] || \
		echo 'The first build takes ten to twelve minutes on two cores: FAISS is compiled from source.'
	@cargo build --release --locked
	@exec env OMP_NUM_THREADS=1 $(TARGET)/release/agent-orchestrator serve $(ARGS)

test: ## run all tests, against a Postgres and a Redis of their own
	@scripts/setup.sh test
	@exec scripts/with-services.sh cargo test --locked --workspace $(ARGS)

chaos: ## break things for CHAOS_SECONDS (600) by CHAOS_SEED, with CHAOS_TASKS tasks
	@scripts/setup.sh test
	@exec scripts/with-services.sh cargo test --locked --test chaos -- --ignored --exact run::long_run --nocapture

bench: ## measure the engine and the feed against the limits of the machine (ARGS=steps for one part)
	@scripts/setup.sh test
	@ulimit -n $$(ulimit -Hn) && SERVICES_DURABLE=1 exec scripts/with-services.sh cargo bench --locked --bench bench -- $(ARGS)

check: ## check formatting, lints, documentation and the committed schema
	@scripts/setup.sh run
	@cargo fmt --all --check
	@cargo clippy --locked --workspace --all-targets -- -D warnings
	@RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items
	@cargo build --locked
	@$(TARGET)/debug/agent-orchestrator schema | diff -u schema.graphql - || \
		{ echo 'schema.graphql is not what the program prints: run make schema, and commit it.' >&2; exit 1; }

schema: ## write schema.graphql anew from the program
	@scripts/setup.sh run
	@cargo build --locked
	@$(TARGET)/debug/agent-orchestrator schema >$(TARGET)/schema.graphql
	@mv $(TARGET)/schema.graphql schema.graphql
