"""The paper's image encoder: InceptionV4 with ImageNet weights, its pooled features of each patch."""

from __future__ import annotations

from typing import Any

from absl import logging

from camenn_tf.encoders.inception_v4 import FEATURES, InceptionV4, load_slim_checkpoint, load_timm_weights
from camenn_tf.encoders.pretrained import draw_weights, keep_statistics, precision_of
from camenn_tf.encoders.pretrained_image import PretrainedImage
from camenn_tf.encoders.stored_path import stored_path
from camenn_tf.encoders.weights_file import weights_file

USUAL_SIDE = 299


class InceptionV4Image(PretrainedImage):
    """InceptionV4's 1536 pooled features of each patch (docs/FIDELITY.md 6).

    Batch norms keep the statistics they were trained with, also where the network trains along.

    Args:
      grid: patches a side of the picture.
      patch_size: pixels a side of a patch, at least 75; 0 = 299.
      weights: path or URL of a TF-slim checkpoint, of an archive with one or of timm's .safetensors; empty: random
        ones, the same each time.
      sha256: of the weights file, hexadecimal; empty = any.
      trains_along: whether the network is trained with the model.

    Raises:
      UserError: weights that are not there, not those, or of another network; too small a patch.
    """

    def __init__(
        self, grid: int, patch_size: int, weights: str = "", sha256: str = "", trains_along: bool = False
    ) -> None:
        side = patch_size or USUAL_SIDE
        path = weights_file(weights, sha256) if weights else ""
        with precision_of(trains_along):
            network = InceptionV4(side)
        if path:
            load = load_timm_weights if path.endswith(".safetensors") else load_slim_checkpoint
            logging.info("%s: filled inception_v4, %d variables not needed", path, len(load(network, path)))
        else:
            logging.warning(
                "inception_v4 without weights: its features are those of a random network (encode.image.weights)"
            )
            draw_weights(network)
        keep_statistics(network)
        super().__init__("inception_v4", grid, (side, side), trains_along, network, FEATURES)
        self._source = {"weights": stored_path(weights), "sha256": sha256}

    @property
    def config(self) -> dict[str, Any]:
        return {**super().config, **self._source}

    def _prepared(self, pixels: Any) -> Any:
        return pixels / 127.5 - 1.0
