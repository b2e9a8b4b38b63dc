"""A step computes and changes what its tasks need, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.training.train_step import TrainStep
from tests.training.fakes import FakePipeline, fake_config, fake_model


def test_only_the_variables_of_the_tasks_change() -> None:
    config = fake_config(optimizer={"weight_decay": 0.1})
    model, data = fake_model(), FakePipeline(config)
    step = TrainStep(model, tf.distribute.get_strategy(), data.element_spec, config, {"ita": 2.0}, steps=10)
    before = {variable.path: variable.numpy() for variable in model.trainable_variables}
    totals = step.unpack(step(next(iter(data.warmup_dataset()))).numpy())
    changed = {v.path for v in model.trainable_variables if not np.array_equal(v.numpy(), before[v.path])}
    assert {path.split("/")[0] for path in changed} >= {"item", "image", "norm", "ita"}
    assert not any(path.startswith(("field", "mix", "cvr", "tia")) for path in changed)
    assert totals["loss_sum"].shape == (1,) and totals["weight"].tolist() == [5.0]  # of 6 rows one is TIA's


def test_weights_multiply_the_gradient() -> None:
    config = fake_config()
    gradients = []
    for weight in (1.0, 3.0):
        model, data = fake_model(), FakePipeline(config)
        step = TrainStep(model, tf.distribute.get_strategy(), data.element_spec, config, {"tia": weight}, steps=10)
        batch = next(iter(data.warmup_dataset()))
        gradients.append(step._totals_and_gradients(batch, tf.identity)[1])
    for one, three in zip(*gradients, strict=True):
        np.testing.assert_allclose(3 * one.numpy(), three.numpy(), rtol=1e-5, atol=1e-7)
    assert max(np.abs(one.numpy()).max() for one in gradients[0]) > 1e-3


def test_smoothed_targets_are_trained_towards_and_right_answers_counted_by_labels() -> None:
    model, data = fake_model(), FakePipeline(fake_config())
    batch = next(iter(data.warmup_dataset()))
    found = []
    for smoothing in (0.0, 0.3):
        config = fake_config(alignment={"label_smoothing": smoothing})
        step = TrainStep(model, tf.distribute.get_strategy(), data.element_spec, config, {"ita": 1.0}, steps=10)
        found.append(step._totals_and_gradients(batch, tf.identity)[0].numpy())
    label, plain, smooth = batch["alignment_label"].numpy(), found[0][0], found[1][0]
    of_task = batch["alignment_task"].numpy() != 1
    p = model({key: batch[key] for key in (t.name for t in model.inputs)})["ita"].numpy()
    target = np.where(label > 0.5, 0.85, 0.15)
    losses = -(target * np.log(p) + (1 - target) * np.log(1 - p))
    assert smooth == pytest.approx(losses[of_task].sum(), rel=1e-4)
    assert abs(smooth - plain) > 1e-3 and found[0][2] == found[1][2]
