"""The length of a model's history beside that of the dataset it is trained on."""

from __future__ import annotations

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.errors import UserError


def check_history_length(wanted: int, info: DatasetInfo) -> None:
    """Refuses slots that training never fills, and serving does.

    Args:
      wanted: `model.history_length`.
      info: the dataset; longer histories than the model's are cut to the newest purchases.

    Raises:
      UserError: the dataset keeps fewer purchases than that.
    """
    if wanted > info.history_length:
        raise UserError(
            f"model.history_length={wanted}: the dataset keeps {info.history_length} purchases of each history, so the "
            f"slots beyond would never be trained; set --config.model.history_length={info.history_length}, or prepare "
            f"the dataset again with --config.prepare.history_length={wanted}"
        )
