"""The lines that a person watches."""

from __future__ import annotations

import logging
import time

import pytest

from camenn_tf.training import progress as module
from camenn_tf.training.progress import Progress

LOGS = {"loss": 0.5, "steps_per_second": 2.0, "samples_per_second": 128.0}


def test_lines_tell_place_speed_and_what_is_left(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.monotonic() + 10
    progress = Progress(warm_up_steps=10, steps_per_epoch=100, total_steps=210)
    with caplog.at_level(logging.INFO, logger="absl"):
        progress.on_train_batch_end(3, LOGS)
        monkeypatch.setattr(module.time, "monotonic", lambda: later)
        progress.on_train_batch_end(119, LOGS)
        progress.on_train_batch_end(129, LOGS)  # no time has passed
        progress.on_train_batch_end(209, LOGS)  # the last of all
    warm_up, joint, last = caplog.messages
    assert last.startswith("epoch 2 step 100/100")
    assert warm_up == "warm-up 4/10  loss 0.5000  128 items/s  at most 0:03 left of the warm-up"
    assert joint == "epoch 2 step 10/100  loss 0.5000  128 samples/s  at most 0:45 left"
