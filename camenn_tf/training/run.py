"""A trained run, opened again for evaluation and export."""

from __future__ import annotations

import dataclasses

import keras
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo, load_dataset_info
from camenn_tf.encoders.factory import load_encoders
from camenn_tf.encoders.features_info import FeaturesInfo, load_features_info
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.errors import UserError
from camenn_tf.inputs.selected_fields import selected_fields
from camenn_tf.models import MODELS
from camenn_tf.models.spec import ModelSpec
from camenn_tf.training.precision import set_precision
from camenn_tf.training.run_directory import RunDirectory


@dataclasses.dataclass(frozen=True)
class LoadedRun:
    """What a run was made of, and its model.

    Attributes:
      run_dir, dataset_dir, features_dir: where things lie.
      config: the resolved configuration.
      model: with the best weights.
      spec: what the model was built for.
      text_encoder, image_encoder: the encoders; those that train along are the model's own, with its weights.
    """

    run_dir: str
    dataset_dir: str
    features_dir: str
    config: ConfigDict
    model: keras.Model
    spec: ModelSpec
    text_encoder: TextEncoder
    image_encoder: ImageEncoder


def load_run(run_dir: str, dataset_dir: str = "", features_dir: str = "") -> LoadedRun:
    """Opens a run with its best weights, whether or not its training came to an end.

    Args:
      run_dir: the run.
      dataset_dir: where the dataset lies now, if it has moved.
      features_dir: likewise.

    Raises:
      UserError: no run, no evaluation yet, or the data there are not those the run was trained on.
    """
    run = RunDirectory(run_dir)
    config, sources = run.load()
    dataset_dir, features_dir = dataset_dir or sources["dataset"], features_dir or sources["features"]
    for name, print_now in fingerprints(dataset_dir, features_dir).items():
        if print_now != sources[name]:
            raise UserError(
                f"{run.path} was trained with {name} {sources[name]}, but {dataset_dir} and {features_dir} have "
                f"{print_now}; name the ones it was trained with, or train again"
            )
    set_precision(config)
    text, image = load_encoders(features_dir)
    info, features = load_dataset_info(dataset_dir), load_features_info(features_dir)
    spec = model_spec(config, info, dataset_dir, features, text, image)
    model = MODELS[config.model.name](config, spec)
    run.load_best_weights(model)
    return LoadedRun(run.path, dataset_dir, features_dir, config, model, spec, text, image)


def model_spec(
    config: ConfigDict,
    info: DatasetInfo,
    dataset_dir: str,
    features: FeaturesInfo,
    text: TextEncoder,
    image: ImageEncoder,
) -> ModelSpec:
    """What a model must know of a dataset and its features."""
    fields = selected_fields(info, config)
    return ModelSpec(
        sample_fields=fields.sample_fields,
        item_fields=fields.item_fields,
        text_kind=features.text.kind,
        text_dim=features.text.dim,
        text_max_length=features.text.max_length,
        image_kind=features.image.kind,
        image_patches=features.image.patches,
        image_dim=features.image.dim,
        image_shape=features.image.size,
        text_pieces=text.pieces.size,
        text_mask=text.pieces.mask,
        text_model=text.model if features.text.kind == "pieces" else None,
        image_model=image.model if features.image.kind == "pixels" else None,
        train_counts={
            field.name: field.load_train_counts(dataset_dir) for field in (*fields.sample_fields, *fields.item_fields)
        },
    )


def fingerprints(dataset_dir: str, features_dir: str) -> dict[str, str]:
    """`dataset_fingerprint` and `features_fingerprint`: a run goes with data of just these.

    Raises:
      UserError: the features were made of another dataset.
    """
    info, features = load_dataset_info(dataset_dir), load_features_info(features_dir)
    if features.dataset_fingerprint != info.fingerprint:
        raise UserError(
            f"{features_dir} was encoded from dataset {features.dataset_fingerprint}, but {dataset_dir} is "
            f"{info.fingerprint}; run python -m camenn_tf.encode --dataset={dataset_dir} --output={features_dir}"
        )
    parts = (features.content_fingerprint, features.text.fingerprint, features.image.fingerprint)
    kinds = (features.text.kind, features.image.kind, features.dtype)
    return {"dataset_fingerprint": info.fingerprint, "features_fingerprint": "-".join((*parts, *kinds))}
