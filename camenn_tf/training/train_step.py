"""One optimizer step over all replicas, traced once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.errors import UserError
from camenn_tf.training import losses
from camenn_tf.training.adaptive_weights import adaptive_weights
from camenn_tf.training.call_model import call_model
from camenn_tf.training.losses import BINS
from camenn_tf.training.optimizer import make_optimizer
from camenn_tf.training.weight_average import WeightAverage

Batch = dict[str, tf.Tensor]


class TrainStep:
    """Forward, backward, all-reduce and update as one `tf.function` with the data's own signature.

    The loss is sum over tasks of task_weight * (sum over all replicas' rows of their losses) / (sum over all replicas'
    rows of weight). Forward, the sums are made and exchanged; backward, each replica differentiates its share, that is
    its own sums times task_weight / weight, which by then are numbers like any other. So the sum of the replicas'
    gradients is the gradient of the loss, however rows are spread; a task without rows in a step adds 0. With
    `losses.is_adaptive` task_weight is multiplied by the step's `adaptive_weights`. Only what these tasks need is
    computed, and only its variables change: a warm-up of the encoders alone costs what the encoders cost.

    Args:
      model: built in the strategy's scope; maps the batch dict to {"cvr": [B], "ita": [A], "tia": [A]} probabilities,
        and own losses [A, 2] (`losses.OWN_LOSSES`).
      strategy: the devices.
      element_spec: of the distributed dataset.
      config: sections optimizer, train, inputs and model are read.
      weights: the tasks and their weights in the loss.
      steps: how many such steps there will be, the length of the learning rate's schedule.
      average: of the weights, updated after each step; None = none.

    Attributes:
      tasks: the tasks that are trained, in the order of `weights`.
      optimizer: over the variables that these tasks need, with moments and a schedule of its own.
      traces: how often Python ran through the step; stays 1.
    """

    def __init__(
        self,
        model: keras.Model,
        strategy: tf.distribute.Strategy,
        element_spec: Any,
        config: ConfigDict,
        weights: Mapping[str, float],
        steps: int,
        average: WeightAverage | None = None,
    ) -> None:
        self.model = keras.Model(model.input, {task: model.output[task] for task in weights})
        with strategy.scope():
            self.optimizer = make_optimizer(config, self.model, steps)
        self.strategy = strategy
        self.config = config
        self.tasks = tuple(weights)
        self._factors = tf.constant(list(weights.values()), tf.float32)
        self._average = average
        self._smoothing = float(config.alignment.label_smoothing)
        self.traces = 0
        self._adaptive = losses.is_adaptive(config)
        self._forward = self._sums
        if config.train.jit_compile:
            check_jit(config, strategy.num_replicas_in_sync)
            # The replicas' exchange cannot be compiled on every device, so what lies before it is; and, as its gradient
            # is compiled as well, what follows.
            self._forward = tf.function(self._sums, jit_compile=True, autograph=False)
        self._function = tf.function(self._step, input_signature=[element_spec], autograph=False)

    def __call__(self, batch: Any) -> tf.Tensor:
        """Trains on one distributed batch.

        Returns:
          float32 [3 * tasks + 2 * BINS] over all replicas, without waiting for it: by task the sums of losses, the
          weights and the weights of right answers, then `score_histogram` of cvr; `unpack` reads it.
        """
        return self._function(batch)

    def unpack(self, totals: np.ndarray) -> dict[str, np.ndarray]:
        """Names the parts of what a step returned: `loss_sum`, `weight`, `correct` [tasks], `histogram` [2, BINS]."""
        count = len(self.tasks)
        sums, weights, correct, histogram = np.split(totals, [count, 2 * count, 3 * count])
        return {"loss_sum": sums, "weight": weights, "correct": correct, "histogram": histogram.reshape(2, BINS)}

    def _step(self, batch: Any) -> tf.Tensor:
        self.traces += 1
        per_replica = self.strategy.run(self._replica_step, args=(batch,))
        if self._average is not None:
            self._average.update(self.optimizer.iterations.value)
        return self.strategy.experimental_local_results(per_replica)[0]

    def _replica_step(self, batch: Batch) -> tf.Tensor:
        context = tf.distribute.get_replica_context()
        totals, gradients = self._totals_and_gradients(
            batch, lambda values: context.all_reduce(tf.distribute.ReduceOp.SUM, values)
        )
        self._apply(context, gradients)
        return totals

    def _totals_and_gradients(
        self, batch: Batch, exchange: Callable[[tf.Tensor], tf.Tensor]
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """What a step returns, and the gradients of the replica's share; `exchange` sums over replicas."""
        with tf.GradientTape() as tape:
            sums, counts = self._forward(batch)
        totals = exchange(tf.concat([sums, counts], axis=0))
        loss_sum, weight = tf.split(totals[: 2 * len(self.tasks)], 2)
        factors = self._factors
        if self._adaptive:
            factors *= adaptive_weights(tf.math.divide_no_nan(loss_sum, weight), weight > 0)
        gradients = tape.gradient(
            sums,
            [variable.value for variable in self.model.trainable_variables],
            output_gradients=tf.math.divide_no_nan(factors, weight),
            unconnected_gradients="zero",
        )
        # Rows of an embedding that no replica read still have moments to decay, so nothing is lost by going dense.
        return totals, [tf.convert_to_tensor(gradient) for gradient in gradients]

    def _sums(self, batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        """The replica's sums of losses [tasks]; and weights [tasks], right answers [tasks], histogram [2 * BINS]."""
        outputs = call_model(self.model, batch, training=True)
        rows = losses.row_weights(batch, self.tasks)
        parts = [losses.loss_sum(batch, t, outputs[t], rows[t], self._smoothing) for t in self.tasks]
        sums, weights = tf.unstack(tf.stack(parts, axis=1))  # [tasks] each
        correct = tf.stack([losses.correct_sum(batch, t, outputs[t], rows[t]) for t in self.tasks])
        histogram = tf.zeros(2 * BINS)
        if "cvr" in self.tasks:
            histogram = losses.score_histogram(batch["label"], outputs["cvr"], rows["cvr"])
        return sums, tf.stop_gradient(tf.concat([weights, correct, histogram], axis=0))

    def _apply(self, context: Any, gradients: list[tf.Tensor]) -> None:
        if self.config.optimizer.clip_norm > 0:
            gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
            gradients, _ = tf.clip_by_global_norm(gradients, self.config.optimizer.clip_norm)
            # The optimizer sums over replicas once more.
            gradients = [gradient / context.num_replicas_in_sync for gradient in gradients]
        self.optimizer.apply(gradients, self.model.trainable_variables)


def check_jit(config: ConfigDict, replicas: int = 1) -> None:
    """Raises UserError that names the flags when the model's shapes or its choice of experts depend on the data.

    Likewise when the replicas have to exchange something in the middle of the model.
    """
    name = config.model.name
    if replicas > 1 and (name == "din" or (name in ("camenn", "mmoe", "mose") and config.model.field_logit)):
        raise UserError(
            f"train.jit_compile=True on {replicas} replicas: Dice, in DIN and in the perceptron of model.field_logit "
            f"(now {config.model.field_logit}), takes its moments over all of them; set train.jit_compile to False"
        )
    if config.model.name == "fashionbert":
        raise UserError(
            "train.jit_compile=True: model.name=fashionbert packs its rows, and XLA compiles fixed shapes only"
        )
    fixed = config.inputs.fixed_shapes
    dense = config.model.experts_per_task == config.model.num_experts
    if not (fixed and dense):
        raise UserError(
            "train.jit_compile=True needs inputs.fixed_shapes=True and model.experts_per_task equal to "
            f"model.num_experts (XLA compiles fixed shapes only), but inputs.fixed_shapes={fixed}, "
            f"model.experts_per_task={config.model.experts_per_task}, model.num_experts={config.model.num_experts}"
        )


def spread_seeds(model: keras.Model, strategy: tf.distribute.Strategy) -> None:
    """Gives each replica its own dropout draws: replica r counts from (the first replica's seed + 1000003 r).

    A checkpoint holds the first replica's state alone, so this is called after restoring, too.
    """
    states = [v.value for v in model.variables if v.path.endswith("seed_generator_state")]
    if strategy.num_replicas_in_sync == 1 or not states:
        return

    def spread() -> None:
        offset = 1000003 * tf.distribute.get_replica_context().replica_id_in_sync_group
        for state in states:
            state.assign(state + tf.stack([tf.cast(offset, state.dtype), tf.zeros([], state.dtype)]))

    tf.function(lambda: strategy.run(spread), autograph=False)()
