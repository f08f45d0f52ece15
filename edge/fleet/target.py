"""What an upgrade brings: a release, a model, or both."""

import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from edge.contract.reading import Place
from edge.contract.records import Info
from edge.errors import UnusableInput
from edge.fleet.hosts import Host
from edge.model.metadata import read_metadata

_WHEEL = re.compile(r"emotion_edge-([^-]+)-.*\.whl")
_VERSION = re.compile(r"\d[\w.+!]{0,63}")
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Release:
    """A release of this program.

    Attributes:
        version: as `info` names it.
        models: the models in it, by name without digest, as `info` names them; empty where only the version is known.

    """

    version: str
    models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """What a device shall run.

    Attributes:
        release: None: the one that it runs.
        model: a model of one's own, as `info` names it; empty: the one of the release, or the one that it uses.

    """

    release: Release | None = None
    model: str = ""

    def version_for(self, info: Info | None) -> str:
        """Return the version that a device runs afterwards; empty where nobody knows."""
        return self.release.version if self.release else (info.version if info else "")

    def model_for(self, info: Info | None) -> str:
        """Return the model that a device uses afterwards; empty where it uses none, or where nobody knows."""
        if info is None:
            return self.model
        if info.model is None:  # mode = "presence"
            return ""
        if self.model:
            return self.model
        return self.release.models.get(_bare(info.model), info.model) if self.release else info.model

    def is_reached(self, info: Info) -> bool:
        """Return whether a device runs it already, as far as version and model tell."""
        return self.version_for(info) == info.version and self.model_for(info) == (info.model or "")


@dataclass(frozen=True)
class Targets:
    """What each device shall run.

    Attributes:
        usual: for every device that is not in `by_place`.
        by_place: for those of an inventory.

    """

    usual: Target = Target()
    by_place: Mapping[Place, Target] = field(default_factory=dict)

    def of(self, place: Place) -> Target:
        """Return the target of a device."""
        return self.by_place.get(place, self.usual)


def read_targets(wheel: str, model: str, hosts: Iterable[Host]) -> Targets:
    """Return what each device shall run; each file is read once.

    Args:
        wheel: a wheel or a version for all; empty: the one of each host.
        model: a model of one's own for all; empty: the one of each host.
        hosts: of the inventory.

    Raises:
        UnusableInput: a wheel cannot be used.
        UnusableModel: a model cannot be used.

    """
    release_of, model_of = cache(read_release), cache(read_model)

    def target(one_wheel: str, one_model: str) -> Target:
        return Target(release_of(one_wheel) if one_wheel else None, model_of(one_model) if one_model else "")

    return Targets(target(wheel, model), {one.place: target(wheel or one.wheel, model or one.model) for one in hosts})


def read_release(named: str) -> Release:
    """Return a release by its wheel, or by its version alone.

    Raises:
        UnusableInput: it is neither, or the wheel cannot be read.

    """
    if not named.endswith(".whl"):
        if not _VERSION.fullmatch(named):
            raise UnusableInput(named, "is neither a wheel nor a version", "name a file emotion_edge-….whl, or 0.2.1")
        return Release(named)
    path = Path(named)
    found = _WHEEL.fullmatch(path.name)
    if found is None:
        raise UnusableInput(named, "is no wheel of emotion-edge", "name a file emotion_edge-….whl")
    try:
        with zipfile.ZipFile(path) as wheel:
            models = [_model(wheel, name) for name in wheel.namelist() if re.fullmatch(r"edge_models/\w+\.json", name)]
    except OSError as error:
        raise UnusableInput(named, f"cannot be read ({error.strerror})", "name another file") from error
    except (zipfile.BadZipFile, ValueError, LookupError, TypeError) as error:
        raise UnusableInput(named, f"is no wheel, or it is damaged ({error})", "get it again") from error
    return Release(found[1], dict(models))


def read_model(named: str) -> str:
    """Return the name of a model of one's own, with its metadata beside it; see `read_metadata` for errors."""
    return read_metadata(Path(named)).model_name


def _model(wheel: zipfile.ZipFile, name: str) -> tuple[str, str]:
    """Return the name of a model in a wheel, without its digest and as `info` names it."""
    with wheel.open(name) as file:
        metadata = json.loads(file.read(_MOST_BYTES))
    return metadata["name"], f"{metadata['name']} (sha256 {metadata['sha256'][:12]})"


def _bare(model: str) -> str:
    return model.partition(" ")[0]
