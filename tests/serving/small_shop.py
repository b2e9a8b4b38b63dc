"""A shop of five items, its encoders, and a small model: enough to serve."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Collection

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from camenn_tf.config import default_config
from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.encoders.scratch_image import ScratchImage
from camenn_tf.encoders.scratch_text import ScratchText
from camenn_tf.models import MODELS, READ_BOUGHT_FIELDS
from camenn_tf.models.alignment_states import alignment_states, has_alignment_states
from camenn_tf.models.spec import ModelSpec
from camenn_tf.serving.field_inputs import FieldInputs
from camenn_tf.serving.item_encoder import ItemEncoder
from camenn_tf.serving.item_table import ItemTable
from camenn_tf.serving.items import keys_read
from camenn_tf.serving.recommender import Recommender

HISTORY = 3
USER = FieldInfo("age", "user", "numeric", 5, boundaries=(18.0, 60.0))
CONTEXT = FieldInfo("weather", "context", "categorical", 4, vocabulary="w")
CROSS = FieldInfo("bought before", "cross", "numeric", 5, boundaries=(1.0, 5.0))
PRICE = FieldInfo("price", "item", "numeric", 4, boundaries=(9.5,))
SHOP = FieldInfo("shop", "item", "hashed", 2 + 7)
SAMPLE_FIELDS, ITEM_FIELDS = (USER, CONTEXT, CROSS), (PRICE, SHOP)
VOCABULARIES = {"weather": ["sun", "rain"]}

ITEM_IDS = ["apple", "bread", "chai", "d'or", "梨"]
TEXTS = ["red apple", "", "chai tea", "gold", "梨 pear"]
PRICES = [3.0, 9.5, 12.0, float("nan"), 4.0]
SHOPS = ["one", "two", "", "one", "three"]


def picture(colour: tuple[int, int, int], form: str = "JPEG") -> bytes:
    """A small picture that differs from patch to patch."""
    pixels = np.zeros((24, 32, 3), np.uint8)
    pixels[:] = colour
    pixels[:12, :16] //= 2
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()


IMAGES = [picture((200, 30, 30)), picture((180, 140, 60), "PNG"), b"", picture((240, 210, 20)), picture((90, 220, 90))]


@dataclasses.dataclass
class Shop:
    """All that a test needs of one way of serving."""

    spec: ModelSpec
    model: keras.Model
    encoder: ItemEncoder
    recommender: Recommender


def make_shop(frozen: bool = False, inside: bool = True, name: str = "camenn", **settings: object) -> Shop:
    """The shop served: encoders frozen or trained along; the catalogue inside the SavedModel or in the requests.

    `settings` are of section `model`; `encoder` makes all of an item, whatever the model reads.
    """
    keras.utils.set_random_seed(7)
    letters = "abcdefghijklmnopqrstuvwxyz梨"
    vocabulary = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    text = ScratchText(vocabulary, max_pieces=6, vocabulary_size=100, dim=8, layers=1, heads=2)
    image = ScratchImage(grid=2, patch_size=8, dim=8)
    spec = ModelSpec(
        sample_fields=SAMPLE_FIELDS,
        item_fields=ITEM_FIELDS,
        text_kind="states" if frozen else "pieces",
        text_dim=8,
        text_max_length=8,
        image_kind="features" if frozen else "pixels",
        image_patches=4,
        image_dim=8,
        image_shape=(8, 8, 3),
        text_model=None if frozen else text.model,
        image_model=None if frozen else image.model,
    )
    model = small_model(spec, name, **settings)
    encoder = ItemEncoder(spec, text, image, "float16")
    keys = keys_read(spec, [tensor.name for tensor in model.inputs])
    sample_fields, item_fields = FieldInputs(SAMPLE_FIELDS, VOCABULARIES), FieldInputs(ITEM_FIELDS, {})
    recommender = Recommender(
        model,
        spec,
        HISTORY,
        sample_fields,
        item_fields,
        ItemEncoder(spec, text, image, "float16", keys),
        make_table(spec, encoder, item_fields, keys) if inside else None,
        alignment_states(model) if has_alignment_states(model) else None,
        bought_fields=name in READ_BOUGHT_FIELDS,
    )
    return Shop(spec, model, encoder, recommender)


def make_table(
    spec: ModelSpec, encoder: ItemEncoder, item_fields: FieldInputs, keys: Collection[str] | None = None
) -> ItemTable:
    """The catalogue as an encoding run would have stored it."""
    request = {"price": tf.constant(PRICES), "shop": tf.constant(SHOPS)}
    fields = item_fields.ids(request, tf.constant(len(ITEM_IDS)))
    features = encoder(tf.constant([*TEXTS, ""]), tf.constant([*IMAGES, b""]), tf.zeros([6, 2], tf.int32))
    lengths = features["items_text_length"].numpy()
    text = features["items_text" if spec.text_kind == "states" else "items_piece_ids"].numpy()
    image = features["items_image" if spec.image_kind == "features" else "items_pixels"].numpy()
    has_image = features["items_has_image"].numpy()[:-1]
    flat = np.concatenate([row[:length] for row, length in zip(text, lengths, strict=True)])
    flat = flat.astype(np.float16) if spec.text_kind == "states" else flat
    images = image[:-1][has_image]
    images = images.astype(np.float16) if spec.image_kind == "features" else images
    return ItemTable(spec, ITEM_IDS, fields.numpy(), flat, lengths, images, has_image, keys)


def small_model(spec: ModelSpec, name: str, **settings: object) -> keras.Model:
    """A model of a few thousand weights, all of them far enough from 0 that every input changes the scores."""
    config = default_config()
    config.baseline.din_regularization = 0.0  # wants train counts
    config.model.update({"embedding_size": 8, "num_heads": 2, "num_experts": 2, "experts_per_task": 1, **settings})
    config.model.history_length = HISTORY
    model = MODELS[name](config, spec)
    random = np.random.default_rng(3)
    model.set_weights([weight + random.normal(0, 0.3, weight.shape) for weight in model.get_weights()])
    return model
