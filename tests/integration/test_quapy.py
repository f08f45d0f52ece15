"""Our estimate of a group beside another program's. QuaPy loads scikit-learn, which takes seconds."""

import numpy as np
import pytest

from edge.counting.prevalence import adapted
from tests.support.groups import PRIOR, group


def test_without_imagined_people_it_is_the_method_of_saerens() -> None:
    quantification = pytest.importorskip("quapy.method.aggregative", reason="QuaPy is a development extra")
    members = group(np.full(7, 1 / 7), 500)
    wanted, _posteriors = quantification.EMQ.EM(PRIOR, members, epsilon=1e-8)
    assert np.allclose(adapted(members, np.ones(500), PRIOR, strength=0).mean(0), wanted, atol=1e-3)
