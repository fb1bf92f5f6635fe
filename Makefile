# Every target sets up .venv in this folder first; nothing else needs to be installed.
PYTHON ?= python3
VENV := .venv
# Three tests at once on two cores: the long ones wait for processes and links much of their time.
PYTEST = $(RUN)/pytest -n 3 --dist worksteal
RUN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check setup clean

demo: $(READY)  ## profile, plan, emit and run ResNet-18; results in out/demo
	$(RUN)/partway demo -o out/demo

test: $(READY)  ## the whole test suite
	$(PYTEST)

check: $(READY)  ## what must pass at every commit
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(PYTEST)

setup: $(READY)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Partway needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@echo "setting up $(VENV): downloads torch and the rest once, which takes a few minutes"
	@$(PYTHON) -m venv $(VENV)
	@$(RUN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(READY)

clean:
	rm -rf $(VENV) out build *.egg-info
