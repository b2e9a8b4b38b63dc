"""The users: a profile that everybody sees and tastes that nobody sees."""

from __future__ import annotations

import dataclasses

import numpy as np

from data.corner.kinds import KINDS, TASTES

HOUSEHOLDS = ("student", "single", "couple", "young_family", "big_family", "retired")
AGES = ("18-25", "26-35", "36-45", "46-60", "60+")
MEMBERS = ("none", "silver", "gold")
DISTRICTS = ("north", "east", "south", "west", "centre")

# which tastes are at home in which household
_TYPICAL = {
    "student": ("spicy", "party", "sweet"),
    "single": ("light", "western", "sea"),
    "couple": ("western", "sea", "party"),
    "young_family": ("kids", "sweet", "light"),
    "big_family": ("home", "kids", "spicy"),
    "retired": ("home", "light", "sea"),
}
_AGE_OF = {  # shares of AGES
    "student": (0.9, 0.1, 0.0, 0.0, 0.0),
    "single": (0.3, 0.5, 0.15, 0.05, 0.0),
    "couple": (0.1, 0.5, 0.2, 0.2, 0.0),
    "young_family": (0.05, 0.6, 0.35, 0.0, 0.0),
    "big_family": (0.0, 0.25, 0.5, 0.25, 0.0),
    "retired": (0.0, 0.0, 0.0, 0.3, 0.7),
}


@dataclasses.dataclass(frozen=True)
class People:
    """Arrays over the users.

    Attributes:
      household, age, member, district: the profile, indices into the names above, int [n].
      taste: 1 where the user loves the taste group, else 0, float [n, tastes]; hidden.
      favourite: 1 for the user's favourite kinds, else 0, float [n, kinds]; hidden.
      thrift: how strongly a price above the usual puts the user off, float [n]; hidden.
    """

    household: np.ndarray
    age: np.ndarray
    member: np.ndarray
    district: np.ndarray
    taste: np.ndarray
    favourite: np.ndarray
    thrift: np.ndarray

    def __len__(self) -> int:
        return len(self.household)


def make_people(count: int, seed: int) -> People:
    """Draws the users. A user loves two taste groups, likely ones of the household, and four kinds above all."""
    generator = np.random.default_rng([seed, 2])
    household = generator.integers(len(HOUSEHOLDS), size=count)
    age = np.array([generator.choice(len(AGES), p=_AGE_OF[HOUSEHOLDS[h]]) for h in household])
    taste = np.zeros((count, len(TASTES)))
    favourite = np.zeros((count, len(KINDS)))
    of_kind = np.array([TASTES.index(kind.taste) for kind in KINDS])
    for user in range(count):
        typical = [TASTES.index(name) for name in _TYPICAL[HOUSEHOLDS[household[user]]]]
        weight = np.ones(len(TASTES))
        weight[typical] = 100.0
        taste[user, generator.choice(len(TASTES), size=2, replace=False, p=weight / weight.sum())] = 1.0
        liking = 1.0 + 3.0 * taste[user, of_kind]
        favourite[user, generator.choice(len(KINDS), size=4, replace=False, p=liking / liking.sum())] = 1.0
    return People(
        household=household,
        age=age,
        member=generator.choice(len(MEMBERS), size=count, p=[0.5, 0.3, 0.2]),
        district=generator.integers(len(DISTRICTS), size=count),
        taste=taste,
        favourite=favourite,
        thrift=generator.gamma(4.0, 0.25, size=count),
    )
