# `go build ./cmd/covey` and `go test ./...` need nothing of this; make names the longer commands.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build test vet lint fmt-check unit race purego cross nested python-lock fuzz quick-fuzz \
	bench bench-kernel bench-networks bench-a3c bench-sac bench-bridge bench-worlds results results-classic results-pixels torture curve curve-doom

LINT    := go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint run
NESTED  := internal/kernel/gen
SYSTEMS := linux/arm64 darwin/arm64 windows/amd64

# What runs goroutines, or is called by several.
RACE := . ./algo/... ./checkpoint/... ./env/supervise ./metrics/... ./policy/... ./rollout/... ./train/... ./transitions

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  \1\t/p' Makefile | expand -t 18

build: ## the static binary ./covey
	CGO_ENABLED=0 go build -trimpath -o covey ./cmd/covey

test: vet lint unit race purego cross nested quick-fuzz ## everything that is checked before a change lands
	@echo "make test: all passed"

vet:
	go vet ./...

lint: ## golangci-lint, built from tools/go.mod
	$(LINT) ./...
	@set -e; for m in $(NESTED); do echo "lint $$m"; (cd $$m && $(LINT) ./...); done

fmt-check: ## name the files that gofmt would change
	@files=$$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -l); \
	test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; }

unit: fmt-check ## every test, those beside the Python packages and the command line's scripts included
	go test ./...

race: ## the tests under the race detector, short forms
	@command -v $${CC:-cc} >/dev/null || { echo "the race detector needs a C compiler (Debian: gcc and libc6-dev)"; exit 1; }
	CGO_ENABLED=1 go test -race -short $(RACE)

purego: ## without assembly, and with the bridge as it is where there is no Linux: build, vet and the short tests
	env -u COVEY_REQUIRE go vet -tags purego,portable ./...
	env -u COVEY_REQUIRE go test -tags purego,portable -short ./...

cross: ## the other systems build, and their tests compile
	@set -e; for s in $(SYSTEMS); do echo "build and vet $$s"; \
		CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/} go build ./...; \
		CGO_ENABLED=0 GOOS=$${s%/*} GOARCH=$${s#*/} go vet ./...; done

nested: ## the modules beside the main one
	@set -e; for m in $(NESTED); do echo "test $$m"; (cd $$m && go vet ./... && go test ./...); done

# A number of inputs, as Go 1.26 may call the end of a duration a failure: go.dev/issue/75804.
FUZZTIME ?= 100000x
fuzz: ## each fuzz test for FUZZTIME inputs, such as 20000000x, or long, such as 10m
	@set -e; git ls-files -z '*_test.go' | xargs -0 grep -Ho '^func Fuzz[A-Za-z0-9_]*' | while IFS=: read -r file name; do \
		dir=./$$(dirname $$file); name=$${name#func }; echo "fuzz $$dir $$name"; \
		go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$dir; done

quick-fuzz: ## each fuzz test for some seconds
	@$(MAKE) --no-print-directory fuzz FUZZTIME=3000x

# uv is asked for because it locks for all supported systems and versions of Python at once.
UV   ?= uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-header --no-emit-index-url
python-lock: ## pin the Python packages again, from each .in file
	cd internal/pyenv/pyenvtest && $(LOCK) --overrides overrides.txt requirements.in -o requirements.lock
	cd internal/pyenv/gymnasium && $(LOCK) *.in -o gymnasium.lock
	cd bench/compare && $(LOCK) requirements.in -o requirements.lock

# Arguments of the benchmark's program, such as BENCH="-short", or of results-classic and results-pixels, whose whole runs
# are kept, BENCH="-short -out FOLDER"; BENCH=-h names them.
BENCH ?=

bench: ## every Go benchmark, once
	go test -run '^$$' -bench . -benchmem ./...

bench-kernel: ## the kernels, with their ratio to the FMA peak of the same run
	go run ./bench/kernels $(BENCH)

bench-networks: ## covey's convolutional and recurrent networks beside PyTorch's, on one core
	go run ./bench/networks $(BENCH)

bench-a3c: build ## covey beside a C reference, PyTorch, SB3 and SBX on CartPole: one table
	go run ./bench/a3c -covey ./covey $(BENCH)

bench-sac: build ## covey's SAC beside PyTorch, SB3, SBX and (RLTOOLS=/its/source) RLtools: one table
	go run ./bench/sac -covey ./covey $(BENCH)

bench-worlds: build ## steps a second of whole runs in MuJoCo, Atari, Doom and MinAtar, beside SBX and PyTorch
	go run ./bench/worlds -covey ./covey $(BENCH)

bench-bridge: ## Gymnasium's environments behind the bridge beside the same loop in Python: one table
	go run ./bench/bridge $(BENCH)

results: build ## bench-a3c, kept under docs/results
	go run ./bench/a3c -covey ./covey -out docs/results $(BENCH)

results-classic: build ## docs/results/classic.md: all algorithms on the classic tasks, ten seeds each; goes on where it was interrupted
	go run ./bench/classic -covey ./covey $(BENCH)

results-pixels: build ## docs/results/pixels.md: memory, MinAtar, Atari and Doom; goes on where it was interrupted; BENCH="-only memory" one part, in minutes, or one environment
	go run ./bench/pixels -covey ./covey $(BENCH)

torture: build ## kills, full disks, damage, cost and memory of runs: docs/results/torture.md; BENCH="-short" takes minutes and keeps nothing, "-parts kill" is one part
	go run ./bench/torture -covey ./covey -out docs/results $(BENCH)

curve: build ## docs/img/cartpole.png: learning curves of ten seeds
	@set -e; here=$$PWD; dir=$$(mktemp -d); trap 'rm -r "$$dir"' EXIT; cd "$$dir"; \
	"$$here/covey" train CartPole-v1 --seeds 10 --out CartPole-v1 2>progress || { cat progress; exit 1; }; \
	"$$here/covey" plot CartPole-v1 -o "$$here/docs/img/cartpole.png"

curve-doom: build ## docs/img/doom.png: A3C's three workers in VizdoomBasic, as tutorials show them
	go run ./bench/tutorial -covey ./covey
