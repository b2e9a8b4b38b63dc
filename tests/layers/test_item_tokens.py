from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from camenn_tf.layers.item_tokens import ItemTokens

# Padding row; a text of 3 and an image; [CLS], [SEP] and no image; a text of 2 and an image. Each state is its own.
ITEMS = {
    "text": tf.constant([[[9.0], [9], [9], [9]], [[1], [2], [3], [9]], [[4], [5], [9], [9]], [[6], [7], [9], [9]]]),
    "text_length": tf.constant([0, 3, 2, 2]),
    "image": tf.constant([[[9.0], [9]], [[20], [30]], [[9], [9]], [[40], [50]]]),
    "has_image": tf.constant([False, True, False, True]),
}


def called(**arguments: Any) -> dict[str, np.ndarray]:
    """Tokens whose first number is the state, and whose second tells bias, segment and position by its digits."""
    layer = ItemTokens(2, text_length=5, patches=2, **arguments)
    layer.build({"text": (None, None, 1), "image": (None, 2, 1)})
    layer.text_kernel.assign([[1, 0]])
    layer.text_bias.assign([0, 1000])
    layer.image_kernel.assign([[1, 0]])
    layer.image_bias.assign([0, 2000])
    layer.segment.assign([[0, 100], [0, 200]])
    layer.text_position.assign([[0, place] for place in range(1, 6)])
    layer.image_position.assign([[0, 10], [0, 20]])
    return {name: part.numpy() for name, part in layer(ITEMS).items()}


def test_positions_and_segments_of_real_tokens_by_hand() -> None:
    out = called()
    np.testing.assert_array_equal(
        out["tokens"],
        [
            *([1, 1101], [2, 1102], [3, 1103]),  # item 1
            *([4, 1101], [5, 1102]),  # item 2
            *([6, 1101], [7, 1102]),  # item 3
            *([20, 2210], [30, 2220]),  # image of item 1
            *([40, 2210], [50, 2220]),  # image of item 3
        ],
    )
    np.testing.assert_array_equal(out["text_start"], [0, 0, 3, 5])
    np.testing.assert_array_equal(out["text_length"], [0, 3, 2, 2])
    np.testing.assert_array_equal(out["image_length"], [0, 2, 0, 2])
    np.testing.assert_array_equal(out["image_start"][[1, 3]], [7, 9])


def test_a_hidden_text_keeps_its_ends_without_their_states() -> None:
    out = called(use_text=False)
    np.testing.assert_array_equal(out["text_length"], [0, 2, 2, 2])
    np.testing.assert_array_equal(out["tokens"][:6], [[0, 1101], [0, 1102]] * 3)
    np.testing.assert_array_equal(out["tokens"][6:, 0], [20, 30, 40, 50])


def test_hidden_images_leave_no_token() -> None:
    out = called(use_images=False)
    assert out["tokens"].shape == (7, 2)
    np.testing.assert_array_equal(out["image_length"], 0)


def test_fixed_shapes_keep_padding_and_tell_where_real_tokens_stand() -> None:
    out, packed = called(fixed_shapes=True), called()
    assert out["tokens"].shape == (4 * 4 + 4 * 2, 2)
    for name in ("text", "image"):
        np.testing.assert_array_equal(out[f"{name}_length"], packed[f"{name}_length"])
        for item in range(4):
            ours, theirs = (
                part["tokens"][part[f"{name}_start"][item] :][: part[f"{name}_length"][item]] for part in (out, packed)
            )
            np.testing.assert_array_equal(ours, theirs)
