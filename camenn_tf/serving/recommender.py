"""A trained model behind the signatures of serving: raw strings, image bytes and numbers in, scores out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from camenn_tf.models.spec import ModelSpec
from camenn_tf.serving import field_inputs as names
from camenn_tf.serving.field_inputs import FieldInputs
from camenn_tf.serving.item_encoder import ItemEncoder
from camenn_tf.serving.item_table import ItemTable
from camenn_tf.serving.items import Items, concatenate, image_key, text_key
from camenn_tf.serving.request_items import RequestItems
from camenn_tf.serving.requests import Batch, pair_batch, rank_batch

Request = Mapping[str, tf.Tensor]
Outputs = dict[str, tf.Tensor]
Specs = dict[str, tf.TensorSpec]
States = Callable[[Batch], tuple[tf.Tensor, tf.Tensor]]


class Recommender(tf.Module):
    """The four signatures as methods that TensorFlow can trace; `specs` says what each takes.

    Args:
      model: from the batch dict to those it has of `cvr`, `ita` and `tia`.
      spec: the model's sizes.
      history_length: N.
      sample_fields: user, context and cross fields.
      item_fields: item fields.
      encoder: raw texts and images to items.
      table: the catalogue; None = requests bring the features of the items they name.
      states: from a batch to mean text and mean image states [A, E] of its alignment rows; None = no `embed`.
      bought_fields: whether the model reads the fields of bought items; without a table, requests bring them.
    """

    def __init__(
        self,
        model: keras.Model,
        spec: ModelSpec,
        history_length: int,
        sample_fields: FieldInputs,
        item_fields: FieldInputs,
        encoder: ItemEncoder,
        table: ItemTable | None,
        states: States | None = None,
        bought_fields: bool = False,
    ) -> None:
        super().__init__(name="recommender")
        self._spec, self._history_length = spec, history_length
        self._sample_fields, self._item_fields = sample_fields, item_fields
        self._encoder, self._table, self._states = encoder, table, states
        self._nothing = {key: tf.Variable(value, trainable=False) for key, value in encoder.nothing().items()}
        # What requests must bring of the items they name, where there is no table.
        self._features = encoder.keys - (frozenset() if bought_fields else {"items_fields"})
        # In a closure: a Keras model as an attribute would be saved layer by layer; its variables alone are wanted.
        # Traced once, called by every signature.
        inputs = {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs}
        self._call = tf.function(lambda batch: model(batch, training=False), input_signature=[inputs], autograph=False)
        self._model_inputs = [tensor.name for tensor in model.inputs]
        self._ranks = "cvr" in model.output
        self._tasks = [task for task in ("ita", "tia") if task in model.output]
        self._model_variables = [variable.value for variable in model.variables]

    def rank(self, request: Request) -> Outputs:
        """Cvr float32 [C] of catalogue items; unknown candidates count as items without text, image and fields."""
        items = self._named_items(request)
        item_ids = request[names.CANDIDATE_ITEM_IDS]
        candidates = items.gather(items.rows(item_ids))
        if self._table is None:
            candidates["items_fields"] = self._item_fields.ids(request, tf.size(item_ids))
        return self._rank(request, items, candidates)

    def rank_new(self, request: Request) -> Outputs:
        """Cvr float32 [C] of items that come with their texts, image bytes and fields."""
        texts = request[names.CANDIDATE_TEXTS]
        fields = self._item_fields.ids(request, tf.size(texts))
        candidates = self._encoder(texts, request[names.CANDIDATE_IMAGES], fields)
        return self._rank(request, self._named_items(request), candidates)

    def align(self, request: Request) -> Outputs:
        """Ita and tia float32 [n]: whether text i and image i are of one item."""
        items, places = self._alone(request)
        outputs = self._model(pair_batch(self._spec, self._history_length, items, places, places))
        return {task: outputs[task] for task in self._tasks}

    def embed(self, request: Request) -> Outputs:
        """text_embedding and image_embedding float32 [n, E], each encoded without sight of the other.

        A missing or broken image has an embedding of zeros; an empty text has that of [CLS] and [SEP].
        """
        if self._states is None:
            raise ValueError("this model has no text and image states")
        items, places = self._alone(request)
        # One row with the text alone, one with the image alone: the last item has neither.
        items = concatenate(items, self._nothing)
        nothing = tf.fill(tf.shape(places), tf.size(places))
        batch = pair_batch(
            self._spec,
            self._history_length,
            items,
            tf.concat([places, nothing], 0),
            tf.concat([nothing, places], 0),
        )
        text, image = self._states({name: batch[name] for name in self._model_inputs})
        count = tf.size(places)
        has_image = items["items_has_image"][:count, tf.newaxis]
        image = tf.where(has_image, tf.cast(image[count:], tf.float32), 0.0)
        return {"text_embedding": tf.cast(text[:count], tf.float32), "image_embedding": image}

    def describe_fields(self) -> dict[str, dict[str, str]]:
        """What stands behind the inputs of fields, by input: field, group, kind and how a missing value is written."""
        return {**self._sample_fields.describe(), **self._item_fields.describe()}

    def specs(self) -> dict[str, Specs]:
        """What each signature takes, by name; signatures that the model cannot serve are not there."""
        user = {names.HISTORY_ITEM_IDS: _strings(names.HISTORY_ITEM_IDS), **self._sample_fields.specs()}
        if self._table is None:
            user |= self._feature_specs()
        new = {name: _strings(name) for name in (names.CANDIDATE_TEXTS, names.CANDIDATE_IMAGES)}
        raw = {name: _strings(name) for name in (names.TEXTS, names.IMAGES)}
        specs = {}
        if self._ranks:
            specs["rank"] = {**user, names.CANDIDATE_ITEM_IDS: _strings(names.CANDIDATE_ITEM_IDS)}
            specs["rank_new"] = {**user, **new, **self._item_fields.specs()}
            if self._table is None:
                specs["rank"] |= self._item_fields.specs()
        if self._tasks:
            specs["align"] = raw
        if self._states is not None:
            specs["embed"] = raw
        return specs

    def _rank(self, request: Request, items: ItemTable | RequestItems, candidates: Items) -> Outputs:
        rows = items.rows(request[names.HISTORY_ITEM_IDS])
        known = tf.boolean_mask(rows, rows >= 0)
        newest = known[tf.maximum(tf.size(known) - self._history_length, 0) :]
        fields = self._sample_fields.ids(request, tf.shape(candidates["items_fields"])[0])
        batch = rank_batch(self._spec, self._history_length, fields, items.gather(newest), candidates)
        return {"cvr": self._model(batch)["cvr"]}

    def _model(self, batch: Batch) -> Outputs:
        outputs = self._call({name: batch[name] for name in self._model_inputs})
        return {name: tf.cast(value, tf.float32) for name, value in outputs.items()}

    def _alone(self, request: Request) -> tuple[Items, tf.Tensor]:
        """The request's n pairs as items, and their places."""
        texts = request[names.TEXTS]
        fields = tf.zeros([tf.size(texts), len(self._spec.item_fields)], tf.int32)
        return self._encoder(texts, request[names.IMAGES], fields), tf.range(tf.size(texts))

    def _named_items(self, request: Request) -> ItemTable | RequestItems:
        if self._table is not None:
            return self._table
        # A model that reads nothing of them asks for no items: then all are unknown.
        item_ids = request[names.FEATURE_ITEM_IDS] if self._features else tf.zeros([0], tf.string)
        given: Items = {"items_fields": tf.zeros([tf.size(item_ids), len(self._spec.item_fields)], tf.int32)}
        given |= {name: request[name] for name in self._features}
        return RequestItems(item_ids, given, self._nothing)

    def _feature_specs(self) -> Specs:
        """The features of the items a request names, as `ItemStore.gather` and the catalogue give them."""
        spec = self._spec
        pieces, pixels = spec.text_kind == "pieces", spec.image_kind == "pixels"
        text = (
            tf.TensorSpec([None, None], tf.int32) if pieces else tf.TensorSpec([None, None, spec.text_dim], tf.float32)
        )
        shape = [*(spec.image_shape or ())] if pixels else [spec.image_dim]
        image = tf.TensorSpec([None, spec.image_patches, *shape], tf.uint8 if pixels else tf.float32)
        features = {
            "items_fields": tf.TensorSpec([None, len(spec.item_fields)], tf.int32),
            text_key(spec): text,
            "items_text_length": tf.TensorSpec([None], tf.int32),
            image_key(spec): image,
            "items_has_image": tf.TensorSpec([None], tf.bool),
        }
        wanted = {name: part for name, part in features.items() if name in self._features}
        if wanted:
            wanted[names.FEATURE_ITEM_IDS] = tf.TensorSpec([None], tf.string)
        return {name: tf.TensorSpec(part.shape, part.dtype, name=name) for name, part in wanted.items()}


def _strings(name: str) -> tf.TensorSpec:
    return tf.TensorSpec([None], tf.string, name=name)
