# The front door. `make help` says what there is; JOBS=N limits how much runs at once.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

JOBS ?= $(shell nproc)
PYTHON ?= /usr/bin/python3
export JOBS PYTHON

# A configured build directory is enough to build in: CMake runs itself again when it has to.
configure = test -f build/$(1)/build.ninja || cmake --preset $(1) $(2) > /dev/null

.PHONY: help run build test check format docs bench soak fuzz image e2e clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1 \t\2/p' Makefile | expand -t 16

run: ## install what is missing, build, serve on 127.0.0.1:8080 and 127.0.0.1:2345 (ARGS="…")
	@tools/install-packages run
	@$(call configure,release,-DCOOLKIT_TESTS=OFF)
	@cmake --build build/release -j $(JOBS) --target coolkit
	@exec build/release/coolkit serve --listen 127.0.0.1:8080 --ops-listen 127.0.0.1:2345 $(ARGS)

build: ## install what is missing and build build/release/coolkit
	@tools/install-packages run
	@$(call configure,release,-DCOOLKIT_TESTS=OFF)
	@cmake --build build/release -j $(JOBS) --target coolkit

test: ## build and run the unit, tidy, chart and integration tests
	@tools/install-packages
	@tools/gates release unit helm integration

check: ## format, sanitizers with clang's thread-safety analysis, load with them, clang-tidy, short fuzzing
	@tools/install-packages
	@tools/gates format asan tsan races clang-tidy fuzz

format: ## format the C++ sources
	@tools/install-packages
	@git ls-files -z -co --exclude-standard '*.h' '*.cpp' | xargs -0 clang-format-19 -i

fuzz: ## fuzz every decoder for FUZZ_SECONDS (60) each
	@tools/install-packages
	@FUZZ_SEED=$${FUZZ_SEED:-0} FUZZ_SECONDS=$${FUZZ_SECONDS:-60} tools/gates fuzz

docs: build ## write the generated pages of docs/reference/
	@for page in settings metrics errors routes scaler; do \
	  build/release/coolkit docs $$page > docs/reference/$$page.md || exit 1; done

bench: ## the comparisons of bench/, side by side, with a table at the end (some 30 minutes)
	@tools/install-packages bench
	@$(call configure,release,-DCOOLKIT_TESTS=OFF)
	@cmake --build build/release -j $(JOBS) --target coolkit bench_programs
	@tools/make-venv
	@.venv/bin/python -B bench/run.py $(ARGS)

soak: ## millions of simulated schedules; long load and kills (SOAK_SECONDS)
	@tools/install-packages
	@tools/gates release soak

image: ## build the container image as an OCI archive in build/image (REVISION, BASE)
	@tools/install-packages
	@tools/image

e2e: build ## the chart on a real Kubernetes control plane of this machine's own processes (root, Go)
	@tools/install-packages
	@tests/cluster/build
	@tests/cluster/run e2e.py $(STEPS)

clean: ## remove everything built
	rm -rf build .venv
