# Each target is one command of dfad_lite; the environment is made in .venv when it is first needed.
PYTHON ?= python3
PROFILE = quick
ONLY =

VENV_PYTHON := .venv/bin/python
STAMP := .venv/.installed

# An environment holds the path it was made in, so the stamp does too: one that was moved is remade.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

.DEFAULT_GOAL := help
.PHONY: help environment run test attack lab refresh site slides clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo '  options:      PROFILE=quick|laptop|paper  ONLY=01,04  PYTHON=python3.12'

environment: $(STAMP) ## install into .venv, which every other target does when it has to

run: $(STAMP) ## execute the notebooks into runs/ (PROFILE=..., ONLY=...)
	$(VENV_PYTHON) -m dfad_lite run --profile $(PROFILE) $(if $(ONLY),--only $(ONLY))

test: $(STAMP) ## run every check
	$(VENV_PYTHON) -m dfad_lite test

attack: $(STAMP) ## break files, calls and processes by the thousand (about 12 minutes)
	DFAD_ATTACK=dfad_lite/results/attacks.csv $(VENV_PYTHON) -m pytest -q tests/test_attacks.py

lab: $(STAMP) ## open the notebooks in JupyterLab
	$(VENV_PYTHON) -m dfad_lite lab

refresh: $(STAMP) ## execute the notebooks in place, fit to commit (ONLY=...)
	$(VENV_PYTHON) -m dfad_lite refresh $(if $(ONLY),--only $(ONLY))

site: $(STAMP) ## build the site into runs/site/html
	$(VENV_PYTHON) -m dfad_lite course site

slides: $(STAMP) ## make reveal.js decks in runs/slides (ONLY=...)
	$(VENV_PYTHON) -m dfad_lite course slides $(if $(ONLY),--only $(ONLY))

clean: ## remove the environment and the runs; data_cache/ stays
	rm -rf .venv runs

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "dfad_lite needs Python 3.11 or newer, and $(PYTHON) is not." >&2; \
	  echo "Name one that is, for example: make run PYTHON=python3.12" >&2; exit 1; }
	@test "$$(cat $(STAMP) 2>/dev/null)" = "$(CURDIR)" || rm -rf .venv
	$(PYTHON) -m venv .venv
	$(VENV_PYTHON) -m pip install -e ".[dev,site,course,device,browser]"
	@echo "$(CURDIR)" > $(STAMP)
