"""One file a model; `MODELS` maps names to builders (config, spec) -> keras.Model."""

from collections.abc import Callable

import keras
from ml_collections import ConfigDict

from camenn_tf.models.afm import afm
from camenn_tf.models.bst import bst
from camenn_tf.models.camenn import camenn
from camenn_tf.models.deepfm import deepfm
from camenn_tf.models.din import din
from camenn_tf.models.fashionbert import fashionbert
from camenn_tf.models.ffm import ffm
from camenn_tf.models.fm import fm
from camenn_tf.models.mmoe import mmoe
from camenn_tf.models.mose import mose
from camenn_tf.models.spec import ModelSpec
from camenn_tf.models.wide_deep import wide_deep
from camenn_tf.models.xdeepfm import xdeepfm

MODELS: dict[str, Callable[[ConfigDict, ModelSpec], keras.Model]] = {
    "camenn": camenn,
    "fm": fm,
    "ffm": ffm,
    "wide_deep": wide_deep,
    "deepfm": deepfm,
    "afm": afm,
    "xdeepfm": xdeepfm,
    "din": din,
    "bst": bst,
    "mmoe": mmoe,
    "mose": mose,
    "fashionbert": fashionbert,
}
READ_BOUGHT_FIELDS = frozenset({"din", "bst"})  # the fields of bought items, too; others those of the target alone

__all__ = ["MODELS", "READ_BOUGHT_FIELDS", "ModelSpec"]
