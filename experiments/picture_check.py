"""Whether the embedded store's pictures show their kinds: a small CNN names kinds on shops it has not seen.

`python -m experiments.picture_check` trains on clean pictures that other shops would take, and tests on the clean
pictures of the store's own items.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from absl import flags, logging

from camenn_tf.flags import run_main
from data.corner.goods import make_goods
from data.corner.kinds import GRADES, KINDS
from data.corner.people import DISTRICTS
from data.corner.pictures import item_picture
from data.corner.scene import draw_picture, shop_style
from data.corner.store_settings import StoreSettings

_SEED = flags.DEFINE_integer("seed", 1, "Seed of the store.")
_SHOPS = flags.DEFINE_integer("shops", 40, "Shops to train on, none of them in the store; each shows every kind.")
_EPOCHS = flags.DEFINE_integer("epochs", 12, "Passes over their pictures.")

_SIDE = 48  # pixels a side that the network sees
_FIRST_SHOP = 1000  # number of the first shop to train on; the store's own begin at 0


def training_pictures(settings: StoreSettings, shops: int) -> tuple[np.ndarray, np.ndarray]:
    """One picture a kind of each training shop: uint8 [shops * kinds, 48, 48, 3], kinds int [shops * kinds]."""
    images, labels = [], []
    for shop in range(_FIRST_SHOP, _FIRST_SHOP + shops):
        style = shop_style(settings.seed, shop)
        generator = np.random.default_rng([settings.seed, 9, shop])
        for label, kind in enumerate(KINDS):
            grade = int(generator.integers(len(GRADES)))
            picture = draw_picture(kind.key, style, settings.picture_size, generator, grade)
            images.append(np.asarray(picture.resize((_SIDE, _SIDE))))
            labels.append(label)
    return np.stack(images), np.array(labels)


def store_pictures(settings: StoreSettings) -> tuple[np.ndarray, np.ndarray]:
    """The clean pictures of the store's items: uint8 [items, 48, 48, 3], kinds int [items]."""
    goods = make_goods(settings, len(DISTRICTS))
    images = [np.asarray(item_picture(settings, goods, item).resize((_SIDE, _SIDE))) for item in range(len(goods))]
    return np.stack(images), goods.kind


def small_cnn() -> keras.Model:
    """Three convolutions and a linear layer: uint8 [n, 48, 48, 3] -> logits [n, kinds]."""
    layers: list[keras.layers.Layer] = [keras.layers.Rescaling(1 / 127.5, offset=-1.0)]
    for width in (24, 48, 96):
        layers.append(keras.layers.Conv2D(width, 3, padding="same", activation="relu"))
        layers.append(keras.layers.MaxPooling2D())
    layers += [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(len(KINDS))]
    return keras.Sequential([keras.Input((_SIDE, _SIDE, 3)), *layers])


def accuracy(settings: StoreSettings, shops: int, epochs: int) -> float:
    """Share of the store's clean pictures whose kind the trained network names."""
    keras.utils.set_random_seed(settings.seed)
    images, labels = training_pictures(settings, shops)
    model = small_cnn()
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(images, labels, batch_size=64, epochs=epochs, verbose=2)
    test_images, test_labels = store_pictures(settings)
    named = np.argmax(model.predict(test_images, verbose=0), axis=1)
    wrong = [(KINDS[a].english, KINDS[b].english) for a, b in zip(test_labels, named, strict=True) if a != b]
    logging.info("mistaken (is, named): %s", wrong[:20])
    return float(np.mean(named == test_labels))


def main(_: Sequence[str]) -> None:
    """Parses, trains, prints."""
    share = accuracy(StoreSettings(seed=_SEED.value), _SHOPS.value, _EPOCHS.value)
    print(f"clean pictures of unseen shops whose kind is named: {share:.1%} of {len(KINDS)} kinds")


if __name__ == "__main__":
    run_main(main)
