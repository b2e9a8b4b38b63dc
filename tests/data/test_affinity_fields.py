from __future__ import annotations

import numpy as np

from data.journey.affinity_fields import SHRINKAGE, affinity_fields
from data.journey.moments import Moments


def moments(*rows: tuple[int, int]) -> Moments:
    household, product = (np.array(column) for column in zip(*rows, strict=True))
    zeros = np.zeros(len(rows), np.int64)
    return Moments(zeros, household, zeros, product, zeros, zeros)


def test_affinity_by_hand() -> None:
    # households 0 and 1 bought products 0 and 1, household 2 bought 0 twice; the last purchase is of the sample's week
    bought = moments((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 0), (2, 1))
    at = moments((2, 1), (2, 0), (2, 1))
    fields = affinity_fields(at, np.array([5, 5, 6]), bought, np.array([1, 1, 2, 2, 3, 4, 5]))
    three, two = 3 + SHRINKAGE, 2 + SHRINKAGE
    log3, log2 = np.log(3), np.log(2)
    cosine = log3 * 2 / np.sqrt(three * two) / (log3 + 1)
    # product 0 is all that household 2 has: nothing else speaks for it; a week later it has bought both
    later = log3 * 3 / three / (log3 + log2 + 1)
    np.testing.assert_allclose(fields["affinity_cosine"], [cosine, 0, later], rtol=1e-5)
    np.testing.assert_allclose(fields["affinity_share"], [2 / three / 2, 0, 3 / three / 3], rtol=1e-5)
