"""Encoders by name."""

from __future__ import annotations

import pytest

from camenn_tf.config import default_config
from camenn_tf.encoders.factory import image_encoder, text_encoder
from camenn_tf.encoders.scratch_image import ScratchImage
from camenn_tf.encoders.scratch_text import ScratchText
from camenn_tf.encoders.word_pieces import SPECIAL
from camenn_tf.errors import UserError


def test_default_configuration() -> None:
    encode = default_config().encode
    text, image = text_encoder(encode.text, (*SPECIAL, "a")), image_encoder(encode.image)
    assert isinstance(text, ScratchText) and text.max_length == 52 and text.dim == 64 and text.trains_along
    assert isinstance(image, ScratchImage) and image.patches == 9 and image.patch_shape == (32, 32, 3)


def test_rebuilt_from_their_own_config() -> None:
    encode = default_config().encode
    text, image = text_encoder(encode.text, (*SPECIAL, "a")), image_encoder(encode.image)
    assert text_encoder(text.config, (*SPECIAL, "a")).fingerprint == text.fingerprint
    assert image_encoder(image.config).fingerprint == image.fingerprint


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"encode.text.name='bert': unknown, expected one of keras_nlp, scratch"):
        text_encoder({"name": "bert"})
    with pytest.raises(UserError, match=r"encode.image.name='vgg': unknown, expected one of .*scratch"):
        image_encoder({"name": "vgg"})


def test_a_learnt_vocabulary_is_needed() -> None:
    with pytest.raises(UserError, match=r"learnt by python -m camenn_tf.encode"):
        text_encoder(default_config().encode.text)
