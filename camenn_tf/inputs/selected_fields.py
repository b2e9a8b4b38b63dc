"""Which fields of a dataset a run reads: all, less the user and item ids that its configuration leaves out."""

from __future__ import annotations

import dataclasses

import numpy as np
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo, FieldInfo
from camenn_tf.errors import UserError

USER_ID_FIELD = "user_id"
ITEM_ID_FIELD = "item_id"


@dataclasses.dataclass(frozen=True)
class SelectedFields:
    """The fields a model sees, and the columns of the dataset's records they stand in.

    Attributes:
      sample_fields: user, context and cross fields: the columns of `fields` [B, Fb].
      item_fields: the columns of `items_fields` [U, Fi].
      sample_columns: int64 [Fb], where `sample_fields` stand in `DatasetInfo.sample_fields`.
      item_columns: int64 [Fi], where `item_fields` stand in `DatasetInfo.item_fields`.
    """

    sample_fields: tuple[FieldInfo, ...]
    item_fields: tuple[FieldInfo, ...]
    sample_columns: np.ndarray
    item_columns: np.ndarray


def selected_fields(info: DatasetInfo, config: ConfigDict) -> SelectedFields:
    """Leaves out the user field `user_id` and the item field `item_id` if `config.model.user_id`, `.item_id` say so.

    Args:
      info: the dataset.
      config: the whole configuration; section `model` is read.

    Raises:
      UserError: no field of items, or none of samples, is left, and the model reads both.
    """
    sample_columns = [
        column
        for column, field in enumerate(info.sample_fields)
        if config.model.user_id or (field.group, field.name) != ("user", USER_ID_FIELD)
    ]
    item_columns = [
        column
        for column, field in enumerate(info.item_fields)
        if config.model.item_id or (field.group, field.name) != ("item", ITEM_ID_FIELD)
    ]
    if config.model.name != "fashionbert":
        _check_any(sample_columns, "user, context or cross", USER_ID_FIELD, config)
        _check_any(item_columns, "item", ITEM_ID_FIELD, config)
    return SelectedFields(
        sample_fields=tuple(info.sample_fields[column] for column in sample_columns),
        item_fields=tuple(info.item_fields[column] for column in item_columns),
        sample_columns=np.asarray(sample_columns, np.int64),
        item_columns=np.asarray(item_columns, np.int64),
    )


def _check_any(columns: list[int], groups: str, identity: str, config: ConfigDict) -> None:
    if not columns:
        raise UserError(
            f"model.name={config.model.name} needs at least one {groups} field, and schema.json has none beside "
            f"{identity}, with model.{identity}={config.model[identity]}: add a field and prepare again, or set "
            f"model.{identity}=True if there is a field of that name"
        )
