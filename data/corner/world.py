"""The world: what a user does when an item is shown, given what the item truly is."""

from __future__ import annotations

import dataclasses

import numpy as np

from data.corner.goods import Goods
from data.corner.kinds import KINDS, MEALS, TASTES
from data.corner.people import People

WEATHERS = ("hot", "sunny", "cloudy", "rain", "cold")
_CHILL = np.array([-1.0, -0.5, 0.0, 0.6, 1.0])  # how much warming food is wanted, by weather
_DAYPART = np.array([2] * 6 + [0] * 5 + [1] * 3 + [2] * 3 + [1] * 3 + [2] * 4)  # by hour: 0 morning, 1 meal, 2 between
_WANTED = np.array([[1.0, -0.4, -0.6], [-0.4, 1.0, -0.6], [-0.6, -0.4, 1.0]])  # [daypart, meal]
_WARMTH = np.array([kind.warmth for kind in KINDS], dtype=float)
_MEAL = np.array([MEALS.index(kind.meal) for kind in KINDS])


@dataclasses.dataclass(frozen=True)
class Effects:
    """Weights of the purchase model, on the log-odds scale; chosen so that the store's reference rows come out."""

    grade: float = 1.4  # from clearance to ordinary, from ordinary to premium
    taste: float = 1.0  # a loved taste group
    favourite: float = 0.2  # a favourite kind
    weather: float = 1.1  # warming food in the cold, cooling food in the heat
    hour: float = 0.2  # breakfast food in the morning ...
    popularity: float = 0.15  # standard deviation over kinds
    price: float = 0.4  # log price over the kind's usual one, times thrift
    promotion: float = 1.0  # a unit of discount
    delivery: float = 0.2  # ten minutes more
    base: float = -3.3


@dataclasses.dataclass(frozen=True)
class World:
    """Goods, people and the purchase model; `seed` fixes what the world alone knows."""

    goods: Goods
    people: People
    seed: int
    effects: Effects = Effects()

    def kind_popularity(self) -> np.ndarray:
        """Log-odds of each kind, float [kinds]."""
        generator = np.random.default_rng([self.seed, 3])
        return self.effects.popularity * generator.normal(size=len(KINDS))

    def weather_fit(self, weather: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """How well kinds suit the weather: above 0 for warming ones in the cold and cooling ones in the heat."""
        return _CHILL[weather] * _WARMTH[kind]

    def hour_fit(self, hour: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """How well kinds suit the hour: 1 where it is the hour of their meal."""
        return _WANTED[_DAYPART[hour], _MEAL[kind]]

    def purchase_probability(
        self, user: np.ndarray, weather: np.ndarray, hour: np.ndarray, discount: np.ndarray, delivery: np.ndarray
    ) -> np.ndarray:
        """Probability that a user buys each item when it is shown.

        sigmoid(base + grade + taste + favourite + popularity
                + warmth x weather + meal x hour - price - delivery + discount)

        Args:
          user: user indices, int [s].
          weather, hour: index into WEATHERS and hour of day, int [s].
          discount, delivery: share off the price, and minutes, of every item then, float [s, n].

        Returns:
          float [s, n], n items.
        """
        goods, people, effects = self.goods, self.people, self.effects
        taste = np.array([TASTES.index(kind.taste) for kind in KINDS])
        kinds = np.arange(len(KINDS))[None, :]
        by_kind = (
            effects.taste * people.taste[user][:, taste]
            + effects.favourite * people.favourite[user]
            + effects.weather * self.weather_fit(weather[:, None], kinds)
            + effects.hour * self.hour_fit(hour[:, None], kinds)
            + self.kind_popularity()[None, :]
        )  # [s, kinds]
        score = effects.base + by_kind[:, goods.kind] + effects.grade * (goods.grade[None, :] - 1)  # [s, n]
        score = score - effects.price * people.thrift[user][:, None] * goods.price_level[None, :]
        score = score + effects.promotion * discount - effects.delivery * (delivery - 35.0) / 10.0
        return 1.0 / (1.0 + np.exp(-score))
