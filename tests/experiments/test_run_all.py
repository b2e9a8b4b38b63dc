"""What `make train` writes down about a run."""

from __future__ import annotations

import os
import sysconfig

from experiments.run_all import portable


def test_published_configurations_name_no_machine() -> None:
    packages = sysconfig.get_path("purelib")
    config = {"encode": {"text": {"path": os.path.join(packages, "reader", "model")}}, "seed": 1}
    assert portable(config) == {"encode": {"text": {"path": "<site-packages>/reader/model"}}, "seed": 1}
