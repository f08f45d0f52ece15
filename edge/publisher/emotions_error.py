"""How many people of a record may stand under a wrong emotion: by what was measured of the configured model."""

import logging

from edge.config import Settings
from edge.contract.records import Disclosed
from edge.counting.uncertainty import people_in_error
from edge.errors import UnusableModel
from edge.model.metadata import ErrorOfGroups, read_metadata
from edge.model.path import model_path

log = logging.getLogger(__name__)


class EmotionsError:
    """Computed here, not by the process that sees: so that process has no further number to send."""

    def __init__(self, settings: Settings) -> None:
        """Read the metadata of `vision.model`; where they say nothing of the error, log it: records then have null."""
        self._model = ""
        self._measured: ErrorOfGroups | None = None
        self._other_model = ""
        if settings.mode == "presence":
            return
        path = model_path(settings.vision.model)
        try:
            metadata = read_metadata(path)
        except UnusableModel as error:
            log.warning("%s; until then emotions_error is null", error)
            return
        self._model, self._measured = metadata.model_name, metadata.error_of_groups
        if self._measured is None:
            log.info(
                "%s: has no error_of_groups, so emotions_error is null; take a model whose metadata have it",
                path.with_suffix(".json"),
            )

    def of(self, disclosed: Disclosed, model: str, *, moved: bool = False) -> float | None:
        """Return the number for a record, made of what the record publishes anyway; None where it is not known.

        Args:
            disclosed: the record after disclosure control.
            model: which one counted, as the record names it: a record that waited at the door may be of an earlier one.
            moved: whether one person was counted under another emotion on purpose.

        """
        if self._measured is None or disclosed.faces.mean is None or disclosed.mode == "presence":
            return None
        if model != self._model:
            self._differs(model)
            return None
        error = people_in_error(disclosed.faces.mean, self._measured.people, self._measured.share)
        return min(disclosed.faces.mean, round(error + moved, 1))

    def _differs(self, model: str) -> None:
        if model != self._other_model:
            self._other_model = model
            log.warning(
                "records are of the model %s and the metadata of %s, so emotions_error is null; if this lasts, restart "
                "emotion-edge.target",
                model,
                self._model,
            )
