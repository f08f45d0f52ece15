# Two commands: `make demo` and `make test`. Each makes a virtual environment of its own, .venv-demo and .venv.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

RUNS ?= runs
CPU_MINUTES ?= 30
HOURS ?= 12
NATURAL ?=
PIP_INSTALL = install --quiet --disable-pip-version-check
# Where it is set, as in many containers, each of the thousands of processes of the tests compiles our sources anew.
export PYTHONDONTWRITEBYTECODE =
TREES ?= /var/cache/emotion-edge-trees
VIEWS ?= /var/cache/emotion-edge-views
HA_PYTHON ?= python3.13
TRAIN = $(VENV)-train/bin/python -m models.training
ROWS = --data $(DATA) $(if $(VOTES),--votes $(VOTES))

SCRIPTS = $(wildcard ansible/roles/*/files/pull.sh deploy/*.sh deploy/*/*.sh deploy/*/*/*.sh models/training/*.sh tests/*.sh tests/*/*.sh) deploy/image/layer/*/usr/lib/emotion-edge-image/start systemd/hold-off .ci/run

.PHONY: help demo test test-faults test-versions fuzz soak test-system molecule test-arm64 test-views lint wheel model needs-data clean
.PHONY: pictures unit lint-python lint-shell lint-dashboard lint-ansible docs schemas lock dist release

help:
	@echo "make demo   see faces become emotion counts over MQTT (Ctrl-C ends it); ARGS=--listen: for other machines' browsers"
	@echo "make test   install what the tests need, run them all"
	@echo "make test-faults   the fault matrix at full length: a day's outage, 10,000 records, 200 kills, a cluster, a walk through 1,000 faults; an hour and a half, root for its networks and disks"
	@echo "make fuzz    random bytes for everything that decodes, CPU_MINUTES=30; with atheris where it is to be had; failures in runs/fuzz"
	@echo "make test-versions   the unit tests with the oldest libraries that setup.cfg allows, with Debian's, and on Python 3.12; builds environments"
	@echo "make soak    one device for HOURS=12 through faults: whether memory, descriptors or threads grow, or a record is lost; runs/soak"
	@echo "make test-system   units, installer and playbook in booted Debian 12 and 13, picamera2 on a virtual camera; root, skips by name"
	@echo "make molecule   the scenarios of the Ansible roles (Molecule) over the same machines; root; ARGS='-s device/upgrade': one of them"
	@echo "make test-arm64    Debian 12 and 13 for arm64, emulated here; the same answers on both processors; root, hours where it is emulated"
	@echo "make test-views    the dashboard in Chromium, Home Assistant (needs Python 3.13: HA_PYTHON), Node-RED, PostgreSQL, InfluxDB; skips by name"
	@echo "make pictures   every picture of the manuals, from a running demo with simulated rooms; needs Chromium; ARGS=room: one of them"
	@echo "make wheel  what deploy/install.sh installs, for machines without a checkout: dist/emotion_edge-*.whl"
	@echo "make unit   the unit tests alone: about a minute, no broker and no root"
	@echo "make lint   ruff and mypy (on Python 3.11: the type stubs of numpy and OpenCV differ between versions), shellcheck, Biome (needs npm)"
	@echo "make lint-ansible   ansible-lint and yamllint; it brings Ansible"
	@echo "make docs   generate the pages of docs/reference; make schemas: the JSON Schemas of deploy/contract"
	@echo "make lock   deploy/lock from setup.cfg: which files the installer accepts; ARGS=--upgrade: the newest versions"
	@echo "make dist   wheel, sdist, software bill of materials and checksums in dist/"
	@echo "make release VERSION=0.3.0   in a clean tree: set the version, date the changelog, make dist; the first release needs OWNER=GITHUB_ACCOUNT"
	@echo "make model  DATA=fer2013.npz NATURAL=natural.npz (or DATA=fer2013.csv VOTES=fer2013new.csv): train, quantise and measure both models; hours on two cores, resumes where it was stopped"
	@echo "make clean  remove the virtual environment and everything built"

demo: $(VENV)-demo/.done
	$(VENV)-demo/bin/emotion-edge demo $(ARGS)

# Two workers more than cores, a whole file to one worker: most tests wait more than they compute.
WORKERS = --numprocesses=$$(($$(nproc) + 2)) --dist=loadfile

test: $(VENV)/.dev
	$(BIN)/pytest $(WORKERS) --cov --cov-report=term:skip-covered $(ARGS)

unit: $(VENV)/.dev
	$(BIN)/pytest $(WORKERS) --quiet tests/unit tests/test_imports.py tests/test_docs.py $(ARGS)

test-faults: $(VENV)/.dev
	deploy/ensure-debian.sh $(PYTHON) rabbitmq-server
	EMOTION_EDGE_FAULTS=1 $(BIN)/pytest tests/faults tests/hub/test_kill.py tests/hub/test_store_faults.py --durations=0 $(ARGS)

fuzz: $(VENV)/.dev
	deploy/download.sh $(BIN)/pip $(PIP_INSTALL) '.[fuzz]' || echo "without atheris" >&2
	$(BIN)/python -m tests.fuzz --cpu-minutes $(CPU_MINUTES) --out $(RUNS)/fuzz $(ARGS)

test-versions:
	tests/versions/test.sh $(VENV)-versions

soak: $(VENV)/.dev
	$(BIN)/python -m tests.soak --hours $(HOURS) --out $(RUNS)/soak $(ARGS)

test-system: $(VENV)/.fleet
	EMOTION_EDGE_TREES=$(TREES) $(BIN)/pytest tests/system --durations=0 $(ARGS)

# Where a scenario fails, the others run all the same.
molecule: $(VENV)/.fleet
	cd ansible && EMOTION_EDGE_TREES=$(TREES) PATH="$(abspath $(BIN)):$$PATH" molecule test --report --continue-on-failure $(or $(ARGS),--all)

test-arm64: $(VENV)/.dev
	EMOTION_EDGE_ARM64=1 EMOTION_EDGE_TREES=$(TREES) $(BIN)/pytest tests/system/test_arm64.py tests/system/test_same_numbers.py \
		--durations=0 -rs $(ARGS)

test-views: $(VENV)/.dev
	deploy/ensure-debian.sh $(PYTHON) npm chromium postgresql influxdb 'fonts-lohit-deva?'
	cd deploy/dashboard && npm ci --no-audit --no-fund --loglevel=error && npm test
	tests/views/node_red.sh $(VIEWS)/node-red
	PYTHON=$(HA_PYTHON) tests/views/home_assistant.sh $(VIEWS)/home-assistant || echo "Home Assistant is left out" >&2
	EMOTION_EDGE_NODE_RED=$(VIEWS)/node-red EMOTION_EDGE_HOME_ASSISTANT=$(VIEWS)/home-assistant \
		$(BIN)/pytest tests/views --durations=10 $(ARGS)

pictures: $(VENV)/.dev
	deploy/ensure-debian.sh $(PYTHON) chromium
	$(BIN)/python -m tests.views.draw docs/pictures $(ARGS)

lint: lint-python lint-shell lint-dashboard

lint-python: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lint-shell: $(VENV)/.dev
	$(BIN)/shellcheck --severity=warning $(SCRIPTS)

lint-dashboard: deploy/dashboard/node_modules/.done
	cd deploy/dashboard && npm run --silent lint

# A target of its own: Ansible is larger than all other tools of `dev` together, and few changes touch ansible/.
lint-ansible: $(VENV)/.fleet
	cd ansible && PATH="$(abspath $(BIN)):$$PATH" ansible-lint --offline --profile production
	cd ansible && $(abspath $(BIN))/yamllint --strict .

docs: $(VENV)/.dev
	$(BIN)/python -m docs.generate

schemas: $(VENV)/.dev
	$(BIN)/emotion-edge schemas deploy/contract

lock: $(VENV)-release/.done
	PATH="$(abspath $(VENV)-release/bin):$$PATH" $(PYTHON) deploy/lock.py $(ARGS)

dist: $(VENV)-release/.done
	deploy/dist.sh $(PYTHON) $(VENV)-release/bin/cyclonedx-py dist

# A tag is the maintainer's act: look at the result, commit it, `git tag v$(VERSION)`, push both.
release: $(VENV)/.dev
	$(BIN)/python deploy/release.py "$(VERSION)" "$(OWNER)"
	$(MAKE) dist

model: needs-data $(VENV)-train/.done $(RUNS)/negatives.npz
	$(TRAIN) train $(ROWS) --natural $(NATURAL) --runs $(RUNS) --compile
	$(TRAIN) export $(ROWS) --natural $(NATURAL) --runs $(RUNS) --negatives $(RUNS)/negatives.npz
	for size in standard small; do \
		$(TRAIN) evaluate $(ROWS) --natural $(NATURAL) models/$$size.tflite --draw models/pictures/$$size.png || exit; \
	done

wheel:
	deploy/ensure-debian.sh $(PYTHON) python3-venv
	deploy/wheel.sh $(PYTHON) dist

needs-data:
	@test -e "$(DATA)" || { echo "Say where the data are: make model DATA=fer2013.npz, or DATA=fer2013.csv VOTES=fer2013new.csv"; exit 64; }
	@test -e "$(NATURAL)" || { echo "Say where faces in their natural mix are: make model NATURAL=natural.npz (arrays images, labels, natural; models/README.md)"; exit 64; }

$(RUNS)/negatives.npz: | $(VENV)-train/.done
	models/training/pictures.sh $(RUNS)/pictures
	$(TRAIN) negatives $(RUNS)/pictures --out $@

clean:
	rm -rf $(VENV) $(VENV)-versions $(VENV)-demo $(VENV)-release $(VENV)-train build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .coverage

# Debian's packages are in sight, for its picamera2.
$(VENV)-demo/.done: setup.cfg pyproject.toml
	deploy/ensure-debian.sh $(PYTHON) python3-venv
	$(PYTHON) -m venv --system-site-packages $(VENV)-demo
	deploy/download.sh $(VENV)-demo/bin/pip $(PIP_INSTALL) --editable '.[demo,hub]'
	touch $@

deploy/dashboard/node_modules/.done: deploy/dashboard/package-lock.json
	deploy/ensure-debian.sh $(PYTHON) npm
	cd deploy/dashboard && npm ci --no-audit --no-fund --loglevel=error
	touch $@

$(VENV)/.dev: setup.cfg pyproject.toml
	deploy/ensure-debian.sh $(PYTHON) python3-venv mosquitto openssl 'openssh-client?' 'mtools?' 'dosfstools?'
	$(PYTHON) -m venv $(VENV)
	deploy/download.sh $(BIN)/pip $(PIP_INSTALL) --editable '.[dev]'
	touch $@

$(VENV)/.fleet: $(VENV)/.dev
	deploy/download.sh $(BIN)/pip $(PIP_INSTALL) --editable '.[dev,fleet]'
	touch $@

# What makes the files of a release, by hash, too.
$(VENV)-release/.done: deploy/lock/release.txt
	deploy/ensure-debian.sh $(PYTHON) python3-venv
	$(PYTHON) -m venv $(VENV)-release
	deploy/download.sh $(VENV)-release/bin/pip $(PIP_INSTALL) --only-binary=:all: --no-deps --require-hashes --requirement $<
	touch $@

# PyTorch's processor build is enough, and a tenth of the size: install torch into this environment first to have it.
$(VENV)-train/.done: setup.cfg
	deploy/ensure-debian.sh $(PYTHON) python3-venv g++
	$(PYTHON) -m venv $(VENV)-train
	deploy/download.sh $(VENV)-train/bin/pip $(PIP_INSTALL) --editable '.[train]'
	touch $@
