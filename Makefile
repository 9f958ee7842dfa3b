# Banwen's commands. `make` alone explains them; `make demo` and `make test` are the two that matter.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(firstword $(shell command -v python3.11 python3 2>/dev/null))
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check -qq

PACKAGES := relay_protocol relay_client relay_server agent_app remote_helper kb_sync
CODE := $(wildcard $(PACKAGES) bench examples tests)

# A stamp is out of date when the lock changes, or when a package appears or goes.
LOCKED := $(VENV)/.stamp-lock
INSTALLED := $(VENV)/.stamp-project-$(shell echo $(wildcard $(addsuffix /__init__.py,$(PACKAGES))) | cksum | cut -d' ' -f1)
PINNED := remote_helper/pinned_root.pem
# Debian splits venv and the C headers from its Python; a Python of another origin brings its own.
PYTHON_GROUP := $(if $(filter /usr/bin/%,$(realpath $(shell $(PYTHON) -c 'import sys; print(sys._base_executable)' 2>/dev/null))),debian-python)

.PHONY: help install packages demo demo-cluster test check soak bench bench-peers lock

help:  ## 显示本说明 · this text
	@echo "办问协同 Banwen"
	echo
	grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## ?(.*)/  make \1\t\2/' | expand -t 20
	echo
	echo "  HEADLESS=1 make demo       在虚拟桌面上演示并录像到 out/demo/ · plays on virtual desktops, films to out/demo/"
	echo "  make test ARGS='-k bot'    只运行部分用例 · runs some of the tests"

install: packages $(INSTALLED) $(PINNED)  ## 安装所需的一切（demo 和 test 会自动执行） · installs what is needed; demo and test do it by themselves

packages:
	@installer/system-packages.sh build $(PYTHON_GROUP) runtime test

# The build tool itself is taken from the lock first, so that nothing unpinned runs while the rest is installed.
# evdev (needed by pynput) is published as source only; everything else must be a ready wheel.
$(LOCKED): requirements.lock | packages
	@echo "正在建立 Python 环境…… Building the Python environment…"
	$(RUN) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	awk '/^setuptools==/ {on=1} on {print} on && !/\\$$/ {exit}' requirements.lock > $(VENV)/build.lock
	$(PIP) install --require-hashes --no-deps -r $(VENV)/build.lock
	$(PIP) install --require-hashes --no-deps --no-build-isolation --only-binary=:all: --no-binary=evdev -r requirements.lock
	touch $@

# A checkout has a root of its own to try things out with; a bureau pins its own when it builds helpers.
$(PINNED): installer/helper/pin.py | $(INSTALLED)
	@$(RUN) -m installer.helper.pin --development .dev/root
	touch $@

$(INSTALLED): pyproject.toml $(LOCKED)
	@rm -f $(VENV)/.stamp-project-*
	$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	touch $@

demo: install  ## 演示一次完整的咨询；没有显示器时录像到 out/demo/ · shows one consultation from question to evaluation
	@$(RUN) -m tests.e2e.demo

demo-cluster: install  ## 在本机演示多台机器，边对话边制造故障 · several machines are struck while people talk
	@$(RUN) -m tests.many.demo $(ARGS)

test: install  ## 运行全部测试，并写出 out/acceptance.md · runs all tests and writes out/acceptance.md
	@$(RUN) -m pytest --acceptance=out/acceptance.md $(ARGS)

check: install  ## 检查格式、类型、层次与文档 · checks style, types, layers and documents
	@verdict=0  # every check runs, so that one go shows all there is to mend
	$(RUN) -m ruff check $(CODE) || verdict=1
	$(RUN) -m ruff format --check $(CODE) || verdict=1
	$(RUN) -m mypy $(CODE) || verdict=1
	$(VENV)/bin/lint-imports --cache-dir .cache/import_linter || verdict=1
	$(RUN) -m pytest -q tests/architecture || verdict=1
	$(RUN) -m relay_protocol.document --check || verdict=1
	$(RUN) -m relay_server.gateways.openapi --check || verdict=1
	exit $$verdict

soak: install  ## 运行太久而不适合每次提交的测试 · runs what is too long for every commit
	@$(RUN) -m pytest -m soak --timeout=3600 $(ARGS)

bench: install  ## 运行一项测量，例如 make bench NAME=startup · runs one measurement
	@$(if $(NAME),$(RUN) -m bench.$(NAME) $(ARGS),echo "make bench NAME=…  可选 choose from: $(filter-out __init__,$(basename $(notdir $(wildcard bench/[a-z]*.py))))")

bench-peers: install  ## 与 prosody、ejabberd、socket.io 对照测量 · compares the relay with other servers
	@installer/system-packages.sh bench-peers $(if $(shell command -v npm),,bench-npm)
	$(RUN) -m bench.relay --peers prosody,ejabberd,socketio $(ARGS)

lock: $(VENV)/.stamp-pip-tools  ## 按 pyproject.toml 重写 requirements.lock · rewrites requirements.lock from pyproject.toml
	@.cache/lock/bin/pip-compile --quiet --extra dev --generate-hashes --allow-unsafe --strip-extras \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options --no-header \
	  --output-file requirements.lock pyproject.toml

$(VENV)/.stamp-pip-tools:
	@$(PYTHON) -m venv .cache/lock
	.cache/lock/bin/python -m pip --disable-pip-version-check --quiet install 'pip-tools>=7.5'
	mkdir -p $(VENV) && touch $@
