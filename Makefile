# Two commands: `make demo` and `make test`. Both make their own virtual environment in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: help demo test lint clean

help:
	@echo "make demo   see faces become emotion counts over MQTT (Ctrl-C ends it)"
	@echo "make test   install what the tests need, run them all"
	@echo "make lint   ruff and mypy (on Python 3.11: the type stubs of numpy and OpenCV differ between versions)"
	@echo "make clean  remove the virtual environment and everything built"

demo: $(VENV)/.demo
	$(BIN)/emotion-edge demo $(ARGS)

test: $(VENV)/.dev
	$(BIN)/pytest --cov --cov-report=term:skip-covered $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .coverage

$(VENV)/.demo: setup.cfg pyproject.toml
	deploy/ensure-debian.sh $(PYTHON) python3-venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[demo]'
	touch $@

$(VENV)/.dev: setup.cfg pyproject.toml
	deploy/ensure-debian.sh $(PYTHON) python3-venv mosquitto openssl
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@ $(VENV)/.demo
