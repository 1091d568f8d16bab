# The two commands. `make demo` shows vTOC at work; `make test` is what CI runs.
# Both install what is missing (Debian and Ubuntu), by name, and say so.
SHELL := /bin/sh
export PATH := $(HOME)/.cargo/bin:$(PATH)

.PHONY: demo test need-demo need-test web build setup-local setup-container setup-cloud setup-pi install clean help

help:
	@echo 'make demo    build everything, start a central and two stations under a simulated sky, print the URL'
	@echo 'make test    everything that CI runs'
	@echo 'make build   the release binary with the console in it: target/release/vtoc'
	@echo 'make web     the console only: web/dist'
	@echo 'make setup-local | setup-container | setup-cloud | setup-pi    environment files and what belongs to them (docs/setup.md);'
	@echo '             ARGS="--config inputs.json --apply" passes arguments on'

demo: need-demo build
	@exec "$${CARGO_TARGET_DIR:-target}"/release/vtoc demo $(if $(LISTEN),--listen $(LISTEN))

test: need-test
	@cargo xtask ci

build: web
	cargo build --release --locked -p vtoc --features embed-ui

web: need-demo
	@sh web/node.sh npm ci --silent
	@sh web/node.sh npm run --silent build

setup-local setup-container setup-cloud setup-pi: need-demo build
	@exec "$${CARGO_TARGET_DIR:-target}"/release/vtoc setup $(@:setup-%=%) $(ARGS)

need-demo:
	@sh xtask/need.sh demo

need-test:
	@sh xtask/need.sh test

clean:
	cargo clean
	rm -rf web/dist web/node_modules .demo artefacts
