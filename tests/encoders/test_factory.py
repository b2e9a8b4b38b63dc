"""Encoders by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from camenn_tf.config import default_config
from camenn_tf.encoders.factory import image_encoder, text_encoder
from camenn_tf.encoders.scratch_image import ScratchImage
from camenn_tf.encoders.scratch_text import ScratchText
from camenn_tf.encoders.word_pieces import SPECIAL
from camenn_tf.errors import UserError
from tests.encoders.bert_files import make_bert, write_hub_model
from tests.encoders.test_keras_nlp_text import make_preset


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
    with pytest.raises(UserError, match=r"encode.text.name='bert': unknown, expected one of keras_nlp, scratch, tfhub"):
        text_encoder({"name": "bert"})
    with pytest.raises(UserError, match=r"encode.image.name='vgg': unknown, expected one of .*scratch"):
        image_encoder({"name": "vgg"})


def test_a_learnt_vocabulary_is_needed() -> None:
    with pytest.raises(UserError, match=r"learnt by python -m camenn_tf.encode"):
        text_encoder(default_config().encode.text)


def test_pretrained_encoders_by_name(tmp_path: Path) -> None:
    preset = make_preset(tmp_path / "preset")
    hub = write_hub_model(make_bert(), tmp_path / "hub")
    for name, path in (("keras_nlp", preset), ("tfhub", hub)):
        settings = default_config().encode.text
        settings.update({"name": name, "path": path, "max_pieces": 6})
        frozen = text_encoder(settings)
        assert frozen.name == name and not frozen.trains_along
        assert text_encoder(frozen.config).fingerprint == frozen.fingerprint
        settings.trains_along = True
        assert text_encoder(settings).trains_along


def test_features_of_before_there_was_a_choice_are_of_frozen_encoders(tmp_path: Path) -> None:
    config = {"name": "keras_nlp", "path": make_preset(tmp_path / "preset"), "max_pieces": 6}
    assert not text_encoder(config).trains_along
