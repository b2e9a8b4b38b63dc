"""Rows of unequal length without padding: all real tokens of a batch in one matrix [S, E], row after row.

Whatever treats tokens one by one (projections, feed-forward parts, norms) runs on the matrix. Only attention needs the
rows apart: rows of like length are padded together, a few groups a batch, and what comes back is packed again.
"""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.layers.half_precision import segment_sum

# A group holds lengths between its longest and this share of it, so padding costs attention at most 1 / share^2.
_GROUP_SHARE = 0.78


def flat_ranges(starts: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """The ranges [start, start + length) one after the other: int32 [sum of lengths]."""
    return tf.ragged.range(starts, starts + lengths).flat_values


def row_starts(lengths: tf.Tensor) -> tf.Tensor:
    """Where each row starts in the packed matrix: int32 [R]."""
    return tf.cumsum(lengths, exclusive=True)


class PackedLayout:
    """How packed tokens are padded into groups of rows of like length, and packed again.

    Args:
      lengths: int32 [R], tokens a row.
      groups: most groups; rows shorter than all group bounds share the last.
      share: of a group's longest row, what its rows are longer than.
    """

    def __init__(self, lengths: tf.Tensor, groups: int, share: float = _GROUP_SHARE) -> None:
        order = tf.argsort(lengths, direction="DESCENDING", stable=True)
        longest_first = tf.gather(lengths, order)
        starts = tf.gather(row_starts(lengths), order)
        cuts = _group_cuts(longest_first, groups, share)
        counts = cuts[1:] - cuts[:-1]  # rows a group
        widths = tf.gather(tf.concat([longest_first, [0]], 0), cuts[:-1])  # a group's longest row, its first
        widths = tf.where(counts > 0, widths, 1)  # an empty group is [0, 1]
        self.index: list[tf.Tensor] = []  # int32 [n, L] a group: the token at each place, 0 where there is none
        self.valid: list[tf.Tensor] = []  # bool [n, L]
        for group in range(groups):
            span = slice(cuts[group], cuts[group + 1])
            places = tf.range(widths[group])
            valid = places < longest_first[span, None]
            self.index.append(tf.where(valid, starts[span, None] + places, 0))
            self.valid.append(valid)
        # Where each row, and with it each token, begins in the padded groups laid end to end.
        sizes = counts * widths
        group_of_row = tf.repeat(tf.range(groups), counts)
        rank = tf.range(tf.size(order)) - tf.gather(cuts, group_of_row)
        begins = tf.gather(tf.cumsum(sizes, exclusive=True), group_of_row) + rank * tf.gather(widths, group_of_row)
        self._row_place = tf.math.invert_permutation(order)
        self._place = flat_ranges(tf.gather(begins, self._row_place), lengths)  # int32 [S]

    def pad(self, tokens: tf.Tensor) -> list[tf.Tensor]:
        """[S, D] -> [n, L, D] a group. Places without a token hold the values of token 0: mask them."""

        @tf.custom_gradient
        def padded(tokens: tf.Tensor) -> tuple[list[tf.Tensor], object]:
            def grad(*upstream: tf.Tensor) -> tf.Tensor:
                return self._pack(upstream)  # a gather instead of a scatter

            return [tf.gather(tokens, index) for index in self.index], grad

        return padded(tokens)

    def pack(self, padded: list[tf.Tensor]) -> tf.Tensor:
        """[n, L, D] a group -> [S, D]."""

        @tf.custom_gradient
        def packed(*padded: tf.Tensor) -> tuple[tf.Tensor, object]:
            def grad(upstream: tf.Tensor) -> list[tf.Tensor]:
                zero = tf.zeros((), upstream.dtype)
                return [
                    tf.where(valid[:, :, None], tf.gather(upstream, index), zero)
                    for index, valid in zip(self.index, self.valid, strict=True)
                ]

            return self._pack(padded), grad

        return packed(*padded)

    def pack_rows(self, rows: list[tf.Tensor]) -> tf.Tensor:
        """One vector a row, [n, D] a group -> [R, D]."""
        return tf.gather(tf.concat(rows, 0), self._row_place)

    def _pack(self, padded: tuple[tf.Tensor, ...] | list[tf.Tensor]) -> tf.Tensor:
        width = padded[0].shape[-1]
        flat = tf.concat([tf.reshape(part, [-1, width]) for part in padded], 0)
        return tf.gather(flat, self._place)


class PaddedLayout:
    """The same interface for rows that are all padded to one length: one group, no moving of tokens.

    Args:
      mask: bool [R, L], True where there is a token. The tokens are [R * L, D].
    """

    def __init__(self, mask: tf.Tensor) -> None:
        self.valid = [mask]

    def pad(self, tokens: tf.Tensor) -> list[tf.Tensor]:
        """[R * L, D] -> [R, L, D]."""
        return [tf.reshape(tokens, [-1, self.valid[0].shape[1], tokens.shape[-1]])]

    def pack(self, padded: list[tf.Tensor]) -> tf.Tensor:
        """[R, L, D] -> [R * L, D]."""
        return tf.reshape(padded[0], [-1, padded[0].shape[-1]])

    def pack_rows(self, rows: list[tf.Tensor]) -> tf.Tensor:
        """[R, D] -> [R, D]."""
        return rows[0]


Layout = PackedLayout | PaddedLayout


def layout_of(rows: dict[str, tf.Tensor], groups: int, share: float = _GROUP_SHARE) -> Layout:
    """The layout of packed rows (`tokens`, `lengths`) or of padded ones (`tokens`, `mask`)."""
    return PaddedLayout(rows["mask"]) if "mask" in rows else PackedLayout(rows["lengths"], groups, share)


def row_means(rows: dict[str, tf.Tensor]) -> tf.Tensor:
    """Mean of each row's tokens: [R, E]; zeros for a row without tokens."""
    tokens = rows["tokens"]
    if "mask" in rows:
        weights = tf.cast(rows["mask"], tokens.dtype)  # [R, L]
        tokens = tf.reshape(tokens, [-1, weights.shape[1], tokens.shape[-1]])
        return tf.einsum("rl,rle->re", weights / tf.maximum(tf.reduce_sum(weights, 1, keepdims=True), 1), tokens)
    lengths = rows["lengths"]
    row_of_token = tf.repeat(tf.range(tf.size(lengths)), lengths)
    sums = segment_sum(tokens, row_of_token, tf.size(lengths))
    return sums / tf.cast(tf.maximum(lengths, 1), tokens.dtype)[:, None]


def first_tokens(rows: dict[str, tf.Tensor]) -> tf.Tensor:
    """The first token of each row: [R, E]."""
    tokens = rows["tokens"]
    if "mask" in rows:
        return tf.reshape(tokens, [-1, rows["mask"].shape[1], tokens.shape[-1]])[:, 0]
    return tf.gather(tokens, row_starts(rows["lengths"]))


def _group_cuts(longest_first: tf.Tensor, groups: int, share: float) -> tf.Tensor:
    """Positions in the falling lengths at which groups begin and end: int32 [groups + 1]."""
    longest = tf.cast(tf.reduce_max(tf.concat([longest_first, [1]], 0)), tf.float32)
    bounds = longest * tf.constant([share**group for group in range(1, groups)], tf.float32)
    longer = tf.searchsorted(-tf.cast(longest_first, tf.float32), -bounds, side="left")  # rows above each bound
    return tf.concat([[0], longer, [tf.size(longest_first)]], 0)
