"""Which fields of a dataset a run reads: all, less the user and item ids that its configuration leaves out."""

from __future__ import annotations

import dataclasses

import numpy as np
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo, FieldInfo

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
    return SelectedFields(
        sample_fields=tuple(info.sample_fields[column] for column in sample_columns),
        item_fields=tuple(info.item_fields[column] for column in item_columns),
        sample_columns=np.asarray(sample_columns, np.int64),
        item_columns=np.asarray(item_columns, np.int64),
    )
