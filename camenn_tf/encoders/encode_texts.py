"""Encodes a shard of texts."""

from __future__ import annotations

import functools
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import apache_beam as beam
import numpy as np
import tensorflow as tf

from camenn_tf.encoders.cached_encoding import CachedEncoding
from camenn_tf.encoders.encoding_job import EncodingJob
from camenn_tf.encoders.encoding_parts import write_part
from camenn_tf.encoders.factory import text_encoder
from camenn_tf.encoders.item_store_files import text_shard
from camenn_tf.encoders.npy_appender import NpyAppender
from camenn_tf.encoders.open_cache import open_text_cache
from camenn_tf.encoders.precision import run_in_bfloat16
from camenn_tf.encoders.stored_values import as_stored
from camenn_tf.encoders.text_encoder import TextEncoder


class EncodeTexts(beam.DoFn):
    """(shard, [(text, row) or None]) to a file of states or pieces, each distinct text once, and the note beside it."""

    def __init__(self, job: EncodingJob) -> None:
        self._job = job

    def setup(self) -> None:
        """Builds the encoder and lists the cache, once a worker."""
        self._encoder = text_encoder(self._job.text_settings, self._job.vocabulary)
        self._cache = open_text_cache(self._job.cache, self._encoder, self._job.precision, self._job.dtype)
        if self._job.precision == "bfloat16":
            run_in_bfloat16(self._encoder.model)

    def process(self, element: tuple[int, Iterable[tuple[str, int] | None]]) -> Iterable[int]:
        """Writes the shard and yields its number."""
        shard, entries = element
        rows_of = defaultdict(list)
        for entry in entries:
            if entry is not None:
                rows_of[entry[0]].append(entry[1])
        texts = by_length(self._encoder, list(rows_of))
        lengths: list[int] = []
        shape = () if self._encoder.trains_along else (self._encoder.dim,)
        dtype = "int32" if self._encoder.trains_along else self._job.dtype
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        cached = CachedEncoding("texts", digests, self._cache)
        batches = functools.partial(encode_batches, self._encoder, texts, self._job.batch_size, dtype)
        with NpyAppender(os.path.join(self._job.directory, text_shard(shard)), dtype, shape) as file:
            for values in cached.entries(batches):
                assert isinstance(values, np.ndarray)  # every text can be encoded
                file.append(values)
                lengths.append(len(values))
        rows = [sorted(rows_of[text]) for text in texts]
        write_part(self._job.directory, "text", shard, lengths, digests, rows, [], cached.work)
        yield shard


def by_length(encoder: TextEncoder, texts: Sequence[str]) -> list[str]:
    """Texts in order of their numbers of tokens, so that neighbours make a batch with hardly any padding."""
    if not texts:
        return []
    _, lengths = encoder.tokenize(tf.constant(list(texts)))
    return [text for _, text in sorted(zip(lengths.numpy().tolist(), texts, strict=True))]


def encode_batches(
    encoder: TextEncoder, texts: Sequence[str], batch_size: int, dtype: str, chosen: Sequence[int]
) -> Iterator[list[np.ndarray]]:
    """Values without padding of some texts, a batch at a time.

    Args:
      encoder: states of a frozen one, pieces for one that trains along.
      texts: of like length side by side.
      batch_size: texts at a time.
      dtype: of the values.
      chosen: numbers of the texts to encode.

    Yields:
      For each text of a batch its states [length, dim] or pieces [length].

    Raises:
      UserError: states are not finite in this type.
    """
    for first in range(0, len(chosen), batch_size):
        batch = [texts[number] for number in chosen[first : first + batch_size]]
        values, lengths = _values(encoder, batch)
        yield [value[:length] for value, length in zip(as_stored(values, dtype, "texts"), lengths, strict=True)]


def _values(encoder: TextEncoder, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    if not encoder.trains_along:
        return encoder.encode(texts)
    ids, lengths = encoder.tokenize(tf.constant(texts))
    return ids.numpy(), lengths.numpy()
