"""What a run may set, with the paper's values (docs/FIDELITY.md) as defaults. Unknown keys are errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from camenn_tf.errors import UserError


def default_config() -> ConfigDict:
    """The paper's configuration; a published row is a file in `experiments/configs` that changes it."""
    return ConfigDict(
        {
            "seed": 1,
            "prepare": _prepare(),
            "encode": _encode(),
            "model": _model(),
            "baseline": _baseline(),
            "fashionbert": _fashionbert(),
            "inputs": _inputs(),
            "alignment": _alignment(),
            "optimizer": _optimizer(),
            "train": _train(),
            "evaluate": {"batch_size": 512},
            "export": _export(),
        }
    )


def get_config() -> ConfigDict:
    """The default configuration, by the name that `--config=<file>` looks for."""
    return default_config()


def _prepare() -> dict[str, Any]:
    return {
        "history_length": 10,  # most purchases kept a sample
        "split": "time",  # or "random": by session
        "test_fraction": 0.25,  # of the samples
        "validation_fraction": 0.1,  # of the train samples, cut from their end
        "test_from": "",  # ISO time; wins over test_fraction
        "validation_from": "",  # ISO time; wins over validation_fraction
        "min_count": 2,  # train occurrences of a categorical value with a row of its own
        "numeric_buckets": 32,  # most quantile buckets of a numeric field
        "max_fault_share": 0.01,  # row faults of one kind above this share fail the run
        "shard_samples": 65536,
        "shard_items": 65536,
        "seed": 1,
    }


def _encode() -> dict[str, Any]:
    return {
        "text": {
            "name": "scratch",  # a small BERT that trains along; or, pretrained, "tfhub" or "keras_nlp"
            "path": "",  # tfhub: handle, URL or directory; keras_nlp: preset or directory; empty = Chinese BERT
            "preprocessor": "",  # tfhub: handle, URL or directory; empty = the default encoder's, or none
            "vocabulary": "",  # tfhub: file of word pieces; empty = that of the preprocessor or encoder
            "trains_along": False,  # tfhub, keras_nlp: train with the model, not frozen; scratch always does
            "max_pieces": 50,  # without [CLS] and [SEP]
            "vocabulary_size": 4000,  # scratch
            "dim": 64,  # scratch
            "layers": 1,  # scratch
            "heads": 4,  # scratch
        },
        "image": {
            # a small convolutional network that trains along; or inception_v4, "keras_applications:<class>",
            # "tfhub:<handle>"
            "name": "scratch",
            "grid": 3,  # grid x grid patches
            "patch_size": 32,  # pixels a side; 0: what a pretrained network was made for
            "dim": 64,  # scratch
            # keras_applications: "imagenet" or a weights file; inception_v4: path or URL of a TF-slim checkpoint or of
            # timm's safetensors; empty: random
            "weights": "",
            "sha256": "",  # of the weights file; empty: not checked
            "trains_along": False,  # pretrained networks: whether training changes them, too
        },
        "dtype": "float16",  # of stored features
        "precision": "auto",  # of a frozen text encoder: "float32", "bfloat16"; auto = the latter where it is faster
        "batch_size": 64,
        # of the items that name a picture, the share whose picture cannot be decoded: above this the run fails, and
        # earlier features stay
        "max_fault_share": 0.01,
        "shard_items": 65536,
    }


def _model() -> dict[str, Any]:
    return {
        "name": "camenn",
        "embedding_size": 128,  # E
        "num_heads": 8,
        "feed_forward": 4,  # inner width of the feed-forward part, in E
        "num_experts": 4,  # M
        "experts_per_task": 2,  # k; k = M is eq. 4
        "history_length": 10,  # N
        "dropout": 0.1,  # on residuals
        "content_dropout": 0.0,  # share of the samples whose items' texts and images are hidden in training
        # share of the numbers of an image's features that training leaves out, the same ones in all of its patches:
        # photos are few, and soon known by heart
        "image_dropout": 0.0,
        "norm": "post",  # or "pre"
        "gate_position": "output",  # or "input", "printed"
        "slot_embedding": True,
        "field_tokens": "field",  # or "group": one token a group
        "field_size": 0,  # group: width of a field's own embedding, before the group's projection to E; 0 = E
        "group_hidden": 0,  # group: units of a hidden layer in that projection; 0 = linear
        "field_logit": 0,  # hidden units of a perceptron of all fields, added to the logit of conversion; 0 = none
        "field_logit_content": False,  # that perceptron reads the target's pooled text and image features, too
        # how a numeric field's bucket becomes a vector, in every model: "one_hot", or "ordinal": the sum of the steps
        # up to it, so that neighbours share what they learn
        "numeric_code": "one_hot",
        "use_text": True,
        "use_images": True,
        "user_id": True,  # whether a user field named user_id is read
        "item_id": True,  # whether an item field named item_id is read
    }


def _baseline() -> dict[str, Any]:
    """What the models of the comparison have beside E, heads and dropout of section `model`."""
    return {
        "content": False,  # read the items' pooled text and image features as two more fields
        "hidden_units": (256, 128),  # of the deep part
        "ffm_size": 4,  # ffm: width of a field's vector for one other field
        "attention_size": 64,  # afm
        "cin_units": (64, 64),  # xdeepfm: feature maps of each layer
        "unit_sizes": (80, 40),  # din: hidden layers of the activation unit
        "din_regularization": 0.01,  # din: lambda of the mini-batch aware regularisation; 0 = none
        "blocks": 1,  # bst: transformer blocks
    }


def _fashionbert() -> dict[str, Any]:
    """What FashionBERT has beside E, heads, inner width, dropout and norm of section `model`."""
    return {
        "blocks": 3,  # transformer blocks of the backbone
        "text_share": 0.15,  # of the text pieces (or of a frozen encoder's states) that are hidden in training
        "patch_share": 0.1,  # of the patches
        "adaptive": True,  # whether the losses weigh themselves anew in each step
        "weights": {"match": 1.0, "masked_text": 1.0, "masked_patches": 1.0},  # factors of these, or of 1
    }


def _inputs() -> dict[str, Any]:
    return {
        "batch_size": 256,  # samples a step, over all replicas
        "shuffle_buffer": 65536,
        "fixed_shapes": False,  # pad every batch to one shape (XLA)
        "prefetch": 2,
    }


def _alignment() -> dict[str, Any]:
    return {
        "ita": True,
        "tia": True,
        "fraction": 0.25,  # of the samples of a batch that get alignment rows
        "context": "masked",  # or "full", the printed form
        "context_dropout": 0.5,  # of those, the item alone
        "donors": 1,  # negatives a positive and task
        # items that the tables set aside for alignment (alignment_split = train), alone: in a step this many a sample
        "extra_fraction": 0.0,
        "hard_share": 0.0,  # of these, and of warm-up rows, the share whose donor is of the same coarse class
        "label_smoothing": 0.0,  # in training: 0.2 = targets .1 and .9
        "warmup_steps": 0,  # steps of items-alone alignment rows before joint training
        "warmup_batch_size": 256,  # items a warm-up step
        # match: how well the encoders' mean text and image vectors of a pair fit (PairMatch); not in the paper
        "weights": {"cvr": 1.0, "ita": 1.0, "tia": 1.0, "match": 0.0},
        "warmup_weights": {"ita": 1.0, "tia": 1.0, "match": 0.0},  # the same in warm-up steps
    }


def _optimizer() -> dict[str, Any]:
    return {
        "learning_rate": 4e-4,
        "beta_1": 0.95,
        "beta_2": 0.999,
        "weight_decay": 1e-4,  # decoupled; none on biases, norms and embeddings of positions
        "warmup_steps": 0,  # linear, of the learning rate, in each stage
        "schedule": "constant",  # or "cosine" over a stage: alignment warm-up, joint training
        "clip_norm": 0.0,  # global norm; 0 = none
        "average": 0.0,  # momentum of an average of the weights, which is judged and exported; 0 = none
    }


def _train() -> dict[str, Any]:
    return {
        "epochs": 20,
        "evaluations_per_epoch": 1,
        "patience": 2,  # evaluations without a better validation CVR AUC (of alignment for a model without conversion)
        "strategy": "auto",  # or "one_device", "mirrored", "multi_worker"
        "precision": "float32",  # or "mixed_bfloat16"
        "jit_compile": False,
        "deterministic": False,  # op determinism
        "checkpoint_steps": 500,
        "keep_checkpoints": 2,
        "tensorboard_steps": 50,
        "max_validation_samples": 0,  # 0 = all
    }


def _export() -> dict[str, Any]:
    return {
        "version": 1,
        "max_items": 200000,  # catalogue items whose features lie inside the SavedModel
    }


def save_config(config: ConfigDict, path: str) -> None:
    """Writes the resolved configuration as JSON."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config.to_dict(), file, ensure_ascii=False, indent=1, sort_keys=True)
        file.write("\n")


def load_config(path: str) -> ConfigDict:
    """Reads a resolved configuration. Raises UserError that names a key this version does not know."""
    with open(path, encoding="utf-8") as file:
        config = default_config()
        override(config, json.load(file), where=path)
        return config


def override(config: ConfigDict, values: Mapping[str, Any], where: str = "config") -> None:
    """Sets values in place, section by section. Raises UserError that names an unknown key or a wrong type."""
    for key, value in values.items():
        if key not in config:
            raise UserError(f"{where}: unknown key '{key}', expected one of {', '.join(sorted(config))}")
        if isinstance(config[key], ConfigDict):
            if not isinstance(value, Mapping):
                raise UserError(f"{where}: '{key}' is a section, got {value!r}")
            override(config[key], value, where=f"{where}: {key}")
            continue
        try:
            config[key] = value
        except TypeError as error:
            raise UserError(f"{where}: '{key}': {error}") from error
