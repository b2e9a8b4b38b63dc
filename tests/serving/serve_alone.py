"""Serves requests from a SavedModel as a stranger would: with nothing of this project, only TensorFlow.

usage: python serve_alone.py MODEL REQUESTS.json ANSWERS.json
"""

import base64
import json
import sys
from typing import Any

import tensorflow as tf
import tensorflow_text  # noqa: F401 (registers the tokenizer's operations)


def tensor(part: dict) -> tf.Tensor:
    values = part["values"]
    if part["dtype"] == "string":
        values = [base64.b64decode(value) for value in values]
    return tf.reshape(tf.constant(values, part["dtype"]), part["shape"])


def main(model: str, requests: str, answers: str) -> None:
    served = tf.saved_model.load(model)
    with open(requests, encoding="utf-8") as file:
        asked = json.load(file)
    told: dict[str, Any] = {}
    for name, request in asked.items():
        inputs = {key: tensor(part) for key, part in request["inputs"].items()}
        outputs = served.signatures[request["signature"]](**inputs)
        told[name] = {key: value.numpy().tolist() for key, value in outputs.items()}
    strangers = [name for name in sys.modules if name.split(".")[0] in ("camenn_tf", "keras_nlp", "keras_hub")]
    told["modules"] = strangers
    told["signatures"] = sorted(served.signatures)
    with open(answers, "w", encoding="utf-8") as file:
        json.dump(told, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
