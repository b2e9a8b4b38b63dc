"""Encodes a shard of texts."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable

import apache_beam as beam
import numpy as np
import tensorflow as tf

from camenn_tf.encoders.encoding_job import EncodingJob
from camenn_tf.encoders.encoding_parts import write_part
from camenn_tf.encoders.factory import text_encoder
from camenn_tf.encoders.npy_appender import NpyAppender
from camenn_tf.encoders.progress import Progress
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.inputs.item_store_files import text_shard


class EncodeTexts(beam.DoFn):
    """(shard, [(text, row) or None]) to a file of states or pieces, each distinct text once, and the note beside it."""

    def __init__(self, job: EncodingJob) -> None:
        self._job = job

    def setup(self) -> None:
        """Builds the encoder, once a worker."""
        self._encoder = text_encoder(self._job.text_settings, self._job.vocabulary)

    def process(self, element: tuple[int, Iterable[tuple[str, int] | None]]) -> Iterable[int]:
        """Writes the shard and yields its number."""
        shard, entries = element
        rows_of = defaultdict(list)
        for entry in entries:
            if entry is not None:
                rows_of[entry[0]].append(entry[1])
        texts = sorted(rows_of, key=lambda text: (len(text), text))  # texts of like length make a batch
        lengths: list[int] = []
        progress = Progress("texts", len(texts))
        shape = () if self._encoder.trains_along else (self._encoder.dim,)
        dtype = "int32" if self._encoder.trains_along else self._job.dtype
        with NpyAppender(os.path.join(self._job.directory, text_shard(shard)), dtype, shape) as file:
            for first in range(0, len(texts), self._job.batch_size):
                batch = texts[first : first + self._job.batch_size]
                values, batch_lengths = _values(self._encoder, batch)
                real = np.arange(values.shape[1]) < batch_lengths[:, np.newaxis]  # [n, L]
                file.append(values[real])
                lengths += batch_lengths.tolist()
                progress.add(len(batch))
        write_part(self._job.directory, "text", shard, lengths, [sorted(rows_of[text]) for text in texts], [])
        yield shard


def _values(encoder: TextEncoder, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    if not encoder.trains_along:
        return encoder.encode(texts)
    ids, lengths = encoder.tokenize(tf.constant(texts))
    return ids.numpy(), lengths.numpy()
