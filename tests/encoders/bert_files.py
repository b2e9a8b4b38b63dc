"""One small BERT, written down the three ways that pretrained ones come in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
from safetensors.numpy import save_file

from camenn_tf.encoders.word_pieces import SPECIAL, WordPieces

LETTERS = "abcdefghijklmnopqrstuvwxyz"
HAN = "红富士苹果蘋梨脆甜新鲜"
WORDS = ["fresh", "apple", "##s", "500", "##g", "k", "##g", ",", ".", "(", ")", "!", "%", "²", "℃", "1", "##2", "x"]
VOCABULARY = tuple(dict.fromkeys([*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *HAN, *WORDS]))
POSITIONS, HEADS, DIM = 12, 2, 8


def make_bert(seed: int = 1, layers: int = 1) -> keras.Model:
    """A BERT of a few thousand weights, large enough that every one of them shows in the states."""
    keras.utils.set_random_seed(seed)
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=len(VOCABULARY),
        num_layers=layers,
        num_heads=HEADS,
        hidden_dim=DIM,
        intermediate_dim=2 * DIM,
        max_sequence_length=POSITIONS,
    )
    random = np.random.default_rng(seed)
    backbone.set_weights([weight + random.normal(0, 0.3, weight.shape) for weight in backbone.get_weights()])
    return backbone


def write_vocabulary(path: Path, pieces: Sequence[str] = VOCABULARY) -> str:
    """One piece a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(piece + "\n" for piece in pieces).encode())
    return str(path)


def write_keras_preset(backbone: keras.Model, directory: Path, pieces: Sequence[str] = VOCABULARY) -> str:
    """What keras_nlp saves."""
    backbone.save_to_preset(str(directory))
    keras_nlp.models.BertTokenizer(vocabulary=list(pieces), lowercase=True).save_to_preset(str(directory))
    return str(directory)


class HubBert(tf.__internal__.tracking.AutoTrackable):
    """The interface of TF-Hub's transformer encoders, version 3 on: a call and two lists of variables."""

    def __init__(self, backbone: keras.Model, lower_case: bool | None, vocabulary: str) -> None:
        self._backbone = lambda: backbone
        self.variables = [variable.value for variable in backbone.variables]
        self.trainable_variables = [variable.value for variable in backbone.trainable_variables]
        if lower_case is not None:
            self.do_lower_case = tf.Variable(lower_case, trainable=False)
        if vocabulary:
            self.vocab_file = tf.saved_model.Asset(vocabulary)
        ids = tf.TensorSpec([None, None], tf.int32)
        specs = dict.fromkeys(("input_word_ids", "input_mask", "input_type_ids"), ids)
        for arguments in ({"training": True}, {"training": False}, {}):
            self.__call__.get_concrete_function(specs, **arguments)

    @tf.function
    def __call__(self, inputs: dict[str, tf.Tensor], training: bool = False) -> dict[str, Any]:
        names = {"token_ids": "input_word_ids", "padding_mask": "input_mask", "segment_ids": "input_type_ids"}
        outputs = self._backbone()({name: inputs[key] for name, key in names.items()}, training=training)
        return {**outputs, "default": outputs["pooled_output"], "encoder_outputs": [outputs["sequence_output"]]}


def write_hub_model(
    backbone: keras.Model, directory: Path, lower_case: bool | None = None, vocabulary: Sequence[str] = VOCABULARY
) -> str:
    """A SavedModel as TF-Hub's are, its vocabulary (if any) in its assets."""
    file = write_vocabulary(directory.parent / "vocab.txt", vocabulary) if vocabulary else ""
    tf.saved_model.save(HubBert(backbone, lower_case, file), str(directory))
    return str(directory)


class HubPreprocessor(tf.Module):
    """The interface of TF-Hub's preprocessors: strings to packed inputs."""

    def __init__(self, vocabulary: str, lower_case: bool) -> None:
        super().__init__()
        self.vocab_file = tf.saved_model.Asset(vocabulary)
        pieces = Path(vocabulary).read_text(encoding="utf-8").splitlines()
        self._pieces = WordPieces(pieces, lower_case)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def __call__(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        ids, lengths = self._pieces.tokenize(texts, 10)
        mask = tf.sequence_mask(lengths, dtype=tf.int32)
        return {"input_word_ids": ids, "input_mask": mask, "input_type_ids": tf.zeros_like(ids)}


def write_hub_preprocessor(directory: Path, lower_case: bool = True, vocabulary: Sequence[str] = VOCABULARY) -> str:
    """A SavedModel with the vocabulary in its assets."""
    file = write_vocabulary(directory.parent / "vocab.txt", vocabulary)
    tf.saved_model.save(HubPreprocessor(file, lower_case), str(directory))
    return str(directory)


def write_hugging_face(backbone: keras.Model, directory: Path, pieces: Sequence[str] = VOCABULARY) -> str:
    """config.json, model.safetensors and vocab.txt, with the names and layouts that transformers gives them."""
    write_vocabulary(directory / "vocab.txt", pieces)
    config = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": backbone.vocabulary_size,
        "num_hidden_layers": backbone.num_layers,
        "num_attention_heads": HEADS,
        "hidden_size": DIM,
        "intermediate_size": 2 * DIM,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2,
        "hidden_act": "gelu_new",
        "layer_norm_eps": 1e-12,
    }
    (directory / "config.json").write_text(json.dumps(config))
    (directory / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True})
    )
    save_file(_hugging_face_weights(backbone), str(directory / "model.safetensors"), {"format": "pt"})
    return str(directory)


def _hugging_face_weights(backbone: keras.Model) -> dict[str, np.ndarray]:
    """Weights by their names there; kernels stand [out, in] there and [in, (heads), out] in Keras."""
    weights = {weight.path.removeprefix(backbone.name + "/"): weight.numpy() for weight in backbone.weights}
    out = {
        "embeddings.word_embeddings.weight": weights["token_embedding/embeddings"],
        "embeddings.position_embeddings.weight": weights["position_embedding/embeddings"],
        "embeddings.token_type_embeddings.weight": weights["segment_embedding/embeddings"],
        "embeddings.LayerNorm.weight": weights["embeddings_layer_norm/gamma"],
        "embeddings.LayerNorm.bias": weights["embeddings_layer_norm/beta"],
        "pooler.dense.weight": weights["pooled_dense/kernel"].T,
        "pooler.dense.bias": weights["pooled_dense/bias"],
    }
    dense = {
        "attention.self.query": "self_attention_layer/query",
        "attention.self.key": "self_attention_layer/key",
        "attention.self.value": "self_attention_layer/value",
        "attention.output.dense": "self_attention_layer/attention_output",
        "intermediate.dense": "feedforward_intermediate_dense",
        "output.dense": "feedforward_output_dense",
    }
    norms = {"attention.output.LayerNorm": "self_attention_layer_norm", "output.LayerNorm": "feedforward_layer_norm"}
    for layer in range(backbone.num_layers):
        here, there = f"transformer_layer_{layer}", f"encoder.layer.{layer}"
        for name, own in dense.items():
            bias = weights[f"{here}/{own}/bias"].reshape(-1)
            out[f"{there}.{name}.bias"] = bias
            out[f"{there}.{name}.weight"] = weights[f"{here}/{own}/kernel"].reshape(-1, bias.size).T
        for name, own in norms.items():
            out[f"{there}.{name}.weight"] = weights[f"{here}/{own}/gamma"]
            out[f"{there}.{name}.bias"] = weights[f"{here}/{own}/beta"]
    return {name: np.ascontiguousarray(value) for name, value in out.items()}
