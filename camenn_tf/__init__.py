"""CameNN: cross-modal alignment with mixture of experts for conversion prediction, in TensorFlow and Keras."""

__version__ = "0.1.0"
