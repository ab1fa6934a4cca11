# Everything that is done with this repository has a target here; `make` alone lists them.
# A fresh machine needs Go, Python 3.10 or later and make; `make test` also drives a real
# Chromium. All that is fetched or made stays in bin/, .venv/ and .cache/.

GO     ?= go
PYTHON ?= python3

# RACE=1 adds the race detector; TESTFLAGS goes to go test as it is (-run, -v, -shuffle=on).
RACE      ?=
TESTFLAGS ?=
FUZZTIME  ?= 30s

# FUMEHOOD_WITHOUT=browser leaves the browser tests out, and says so. It is refused in CI.
FUMEHOOD_WITHOUT ?=
unexport FUMEHOOD_WITHOUT # fumehood itself refuses variables that it does not know
export FUMEHOOD_TEST_WITHOUT := $(FUMEHOOD_WITHOUT)

STATICCHECK := v0.8.1
PEBBLE      := v2.10.0

RACEFLAG := $(if $(RACE),-race)
CACHE := $(CURDIR)/.cache
TOOLS := $(CACHE)/bin
VENVS := $(CACHE)/py

# Where the tests find what they need; each also looks in these places by itself.
export FUMEHOOD_TEST_PYTHON     := $(VENVS)/test/bin/python
export FUMEHOOD_TEST_PYTHON_OLD := $(VENVS)/old/bin/python
export FUMEHOOD_TEST_PYTHON_SQL := $(VENVS)/sql/bin/python
export FUMEHOOD_TEST_PYTHONS     = $(shell cat $(VENVS)/matrix 2>/dev/null)
export PYTHONDONTWRITEBYTECODE  := 1

.DEFAULT_GOAL := help
.PHONY: help run build test check notes-test routers-test vet lint bench fuzz cross setup tools venvs corpus \
        need-go need-python need-browser clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

# ---- use ------------------------------------------------------------------------------

run: build need-python ## serve the notes app at https://localhost:8443
	@$(PYTHON) test/python/venvs.py run
	@VIRTUAL_ENV=$(CURDIR)/.venv bin/fumehood run --chdir examples/notes app:app

build: need-go ## build bin/fumehood
	$(GO) build -o bin/fumehood ./cmd/fumehood

# ---- test -----------------------------------------------------------------------------

test: need-browser setup vet lint notes-test routers-test ## all tests (RACE=1, TESTFLAGS=..., FUMEHOOD_WITHOUT=browser)
	$(if $(FUMEHOOD_WITHOUT),@echo "LEFT OUT: $(FUMEHOOD_WITHOUT)")
	$(GO) test $(RACEFLAG) -timeout 15m $(TESTFLAGS) ./...
	$(GO) test $(RACEFLAG) -timeout 5m -tags crs -run RuleSet $(TESTFLAGS) ./internal/server

# The two that take longest begin first; vet has seen the tests already.
check: setup vet lint ## the quick part, under two minutes: vet, staticcheck, short tests
	$(GO) test -short -vet=off -timeout 5m $(TESTFLAGS) ./wsgi ./canon ./...

notes-test: venvs
	@for python in $$(tr : ' ' < $(VENVS)/matrix) $(FUMEHOOD_TEST_PYTHON) $(FUMEHOOD_TEST_PYTHON_OLD); do \
	  echo "examples/notes under $${python#$(CURDIR)/}"; \
	  (cd examples/notes && $$python -m unittest -q test_notes) || exit 1; \
	done

# A module of its own, so that the other routers are no dependencies of Fumehood.
routers-test: need-go lint
	cd examples/routers && $(GO) vet ./... && $(TOOLS)/staticcheck ./... && \
	  $(GO) test $(RACEFLAG) -mod=readonly -timeout 5m $(TESTFLAGS) ./...

vet: need-go
	$(GO) vet ./...

lint: $(CACHE)/stamp/staticcheck-$(STATICCHECK)
	$(TOOLS)/staticcheck ./...

bench: setup ## the benchmarks, side by side with the peers (needs wrk)
	@command -v wrk >/dev/null || { echo 'error: no wrk'; echo 'hint: sudo apt install wrk'; exit 1; } >&2
	$(GO) run ./bench

fuzz: need-go ## every fuzz target for FUZZTIME (30s)
	@grep -rHo --include='*_test.go' --exclude-dir=.cache '^func Fuzz[A-Za-z0-9_]*' . | sort | \
	while IFS=: read -r file name; do \
	  echo "$$(dirname $$file) $${name#func }"; \
	  $(GO) test -run '^$$' -fuzz "^$${name#func }$$" -fuzztime $(FUZZTIME) $$(dirname $$file) || exit 1; \
	done

cross: need-go ## compile for the other systems
	@for target in darwin/arm64 darwin/amd64 linux/arm64; do \
	  echo "build $$target"; \
	  CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) build ./... || exit 1; \
	done

# ---- set-up: done once, then without the network --------------------------------------

setup: tools venvs corpus ## fetch the tools and make the virtual environments that the tests use

tools: $(CACHE)/stamp/staticcheck-$(STATICCHECK) $(CACHE)/stamp/pebble-$(PEBBLE)

$(CACHE)/stamp/staticcheck-$(STATICCHECK): | need-go
	@echo "setup: staticcheck $(STATICCHECK)"
	@GOBIN=$(TOOLS) $(GO) install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK)
	@mkdir -p $(@D) && touch $@

$(CACHE)/stamp/pebble-$(PEBBLE): | need-go
	@echo "setup: pebble $(PEBBLE), a local ACME server"
	@GOBIN=$(TOOLS) $(GO) install github.com/letsencrypt/pebble/v2/cmd/pebble@$(PEBBLE)
	@GOBIN=$(TOOLS) $(GO) install github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv@$(PEBBLE)
	@mkdir -p $(@D) && touch $@

venvs: need-python
	@mkdir -p $(VENVS)
	@$(PYTHON) test/python/venvs.py test > $(VENVS)/matrix.new
	@mv $(VENVS)/matrix.new $(VENVS)/matrix

# gunicorn's own test requests, which its source archive holds; pip checks the hash.
CORPUS := internal/strict/testdata/gunicorn/requirements.txt
corpus: $(CACHE)/corpus/gunicorn-26.1.0.tar.gz

$(CACHE)/corpus/gunicorn-26.1.0.tar.gz: $(CORPUS) | venvs
	@echo "setup: gunicorn's request corpus"
	@$(FUMEHOOD_TEST_PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
	  --dest $(@D) --requirement $(CORPUS)
	@touch $@

need-go:
	@command -v $(GO) >/dev/null || { echo 'error: no Go'; echo 'hint: https://go.dev/dl, 1.26 or later'; exit 1; } >&2

need-python:
	@command -v $(PYTHON) >/dev/null || { echo 'error: no $(PYTHON)'; echo 'hint: sudo apt install python3 python3-venv'; exit 1; } >&2

# The test package itself says when there is no browser; asked first, before all the work.
need-browser: need-go
	@case "$(FUMEHOOD_WITHOUT)" in \
	"") $(GO) test $(RACEFLAG) -run '^$$' ./test/browser >&2 ;; \
	browser) [ -z "$$CI$$FUMEHOOD_TEST_REQUIRE_ALL" ] || { echo 'error: FUMEHOOD_WITHOUT is refused in CI'; exit 1; } >&2 ;; \
	*) { echo 'error: FUMEHOOD_WITHOUT=$(FUMEHOOD_WITHOUT)'; echo 'hint: only "browser" can be left out'; exit 1; } >&2 ;; \
	esac

clean: ## remove all that was built or fetched
	rm -rf bin .venv .cache
