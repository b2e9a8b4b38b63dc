"""CameNN: cross-modal alignment with mixture of experts for conversion prediction, in TensorFlow and Keras."""

import os

__version__ = "0.1.0"

# TensorFlow switches oneDNN on by itself on some processors only; on the others its attention products run at a sixth
# of the speed (docs/decisions.md). It reads the variable when it is first imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
