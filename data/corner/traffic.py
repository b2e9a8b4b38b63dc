"""The log: earlier purchases, and sessions of one item bought and four shown in vain."""

from __future__ import annotations

import dataclasses

import numpy as np

from data.corner.people import DISTRICTS
from data.corner.store_settings import SECONDS_A_DAY, SESSION_ITEMS, StoreSettings
from data.corner.world import WEATHERS, World

LOG_BEGIN = 1711929600  # 2024-04-01 00:00 UTC, a Monday
MIN_PURCHASES = 8
_MORE_PURCHASES = 22.0  # on average, above the fewest
_HOURS = np.array([1, 0, 0, 0, 0, 1, 4, 8, 8, 6, 5, 7, 7, 4, 3, 4, 5, 8, 9, 7, 6, 6, 4, 2], dtype=float)
_WEATHER_SHARES = (0.22, 0.2, 0.16, 0.2, 0.22)
_DISCOUNTS = (0.0, 0.1, 0.2, 0.3)
_DISCOUNT_SHARES = (0.6, 0.2, 0.12, 0.08)
_CHUNK = 2048  # sessions whose [sessions, items] arrays are held at once


@dataclasses.dataclass(frozen=True)
class Traffic:
    """Arrays over the events, in time order.

    Attributes:
      user, item, session: indices, int [e].
      timestamp: Unix seconds, int64 [e].
      label: 1 bought, 0 shown and not bought, int [e].
      history_only: an earlier purchase, no sample, bool [e].
      weather, hour, discount, delivery, distance: the circumstances, [e].
      probability: the world's own probability that a sample is the bought one of its session, given user, item and
        circumstances, float [e]; that of buying it when it is shown, where every exposure is answered; 1 for earlier
        purchases.
    """

    user: np.ndarray
    item: np.ndarray
    session: np.ndarray
    timestamp: np.ndarray
    label: np.ndarray
    history_only: np.ndarray
    weather: np.ndarray
    hour: np.ndarray
    discount: np.ndarray
    delivery: np.ndarray
    distance: np.ndarray
    probability: np.ndarray

    def __len__(self) -> int:
        return len(self.user)


def make_traffic(settings: StoreSettings, world: World) -> Traffic:
    """Lets the users buy: first the earlier purchases, then the log."""
    generator = np.random.default_rng([settings.seed, 4])
    begin = settings.history_days  # day 0 is the first day of the earlier purchases
    counts = MIN_PURCHASES + generator.poisson(_MORE_PURCHASES, size=settings.users)
    user = np.concatenate(
        [
            np.repeat(np.arange(settings.users), counts),
            generator.integers(settings.users, size=settings.days * settings.sessions_a_day),
        ]
    )
    day = np.concatenate(
        [
            generator.integers(begin, size=counts.sum()),
            begin + np.repeat(np.arange(settings.days), settings.sessions_a_day),
        ]
    )
    hour = generator.choice(24, size=len(user), p=_HOURS / _HOURS.sum())
    second = generator.integers(3600, size=len(user))
    timestamp = LOG_BEGIN + (day - begin) * SECONDS_A_DAY + hour * 3600 + second
    order = np.lexsort((np.arange(len(user)), timestamp))
    if settings.exposed:
        order = _first_of_each_user(order, user, day >= begin + settings.days - settings.test_days)
    sessions = _Sessions(settings, world, generator)
    parts = []
    for start in range(0, len(order), _CHUNK):
        rows = order[start : start + _CHUNK]
        parts.append(sessions.draw(rows, user[rows], day[rows], hour[rows], timestamp[rows]))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    columns["session"] = np.cumsum(np.concatenate([[0], columns["session"][1:] != columns["session"][:-1]]))
    return Traffic(**columns)


def _first_of_each_user(order: np.ndarray, user: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """Sessions in order without the later answered ones of a user: what would be bought if shown is not yet bought."""
    late = np.flatnonzero(answered[order])
    first = late[np.unique(user[order[late]], return_index=True)[1]]
    kept = ~answered[order]
    kept[first] = True
    return order[kept]


class _Sessions:
    """Draws what happens in a session, with the weather and the promotions of the day."""

    def __init__(self, settings: StoreSettings, world: World, generator: np.random.Generator) -> None:
        self._settings = settings
        self._world = world
        self._generator = generator
        days = settings.history_days + settings.days
        self._weather = generator.choice(len(WEATHERS), size=(days, len(DISTRICTS)), p=_WEATHER_SHARES)
        self._discount = generator.choice(_DISCOUNTS, size=(days, settings.items), p=_DISCOUNT_SHARES)
        far = world.people.district[:, None] != world.goods.shop_district[None, :]
        near = generator.uniform(0.3, 2.0, size=far.shape)
        self._distance = np.round(near + far * generator.uniform(1.0, 3.0, size=far.shape), 1)  # [users, shops]

    def draw(
        self, rows: np.ndarray, user: np.ndarray, day: np.ndarray, hour: np.ndarray, timestamp: np.ndarray
    ) -> dict[str, np.ndarray]:
        settings, world, generator = self._settings, self._world, self._generator
        weather = self._weather[day, world.people.district[user]]
        discount = self._discount[day]
        distance = self._distance[user][:, world.goods.shop]  # [s, n]
        slow = 6.0 * (weather == WEATHERS.index("rain"))[:, None]
        delivery = np.round(20.0 + 6.0 * distance + slow + generator.normal(0.0, 5.0, size=distance.shape))
        probability = world.purchase_probability(user, weather, hour, discount, delivery)
        test_day = len(self._weather) - settings.test_days
        first_day = np.where(world.goods.is_new, test_day, 0)
        first_day = np.where(world.goods.is_recent, test_day - settings.recent_days, first_day)
        on_sale = day[:, None] >= first_day[None, :]
        shown = world.goods.exposure[None, :] * on_sale
        shown = shown / shown.sum(axis=1, keepdims=True)
        buying = shown * probability
        leaving = shown * (1.0 - probability)
        share = buying / buying.sum(axis=1, keepdims=True)
        others = leaving / leaving.sum(axis=1, keepdims=True)
        posterior = share / np.maximum(share + (SESSION_ITEMS - 1) * others, 1e-12)
        is_history = day < settings.history_days
        answered = (day >= test_day) & (settings.exposed > 0)
        posterior = np.where(answered[:, None], probability, posterior)
        items, labels = _bought_and_left(share, others, generator)  # [s, 5]
        keep = (~is_history[:, None] | (labels == 1)) & ~answered[:, None]
        if answered.any():
            items, labels, keep = self._with_exposed(items, labels, keep, answered, shown, probability)
        line, column = np.nonzero(keep)
        item = items[line, column]
        return {
            "user": user[line],
            "item": item,
            "session": rows[line],
            "timestamp": timestamp[line].astype(np.int64),
            "label": labels[line, column],
            "history_only": is_history[line],
            "weather": weather[line],
            "hour": hour[line],
            "discount": discount[line, item],
            "delivery": delivery[line, item],
            "distance": distance[line, item],
            "probability": np.where(is_history[line], 1.0, posterior[line, item]),
        }

    def _with_exposed(
        self,
        items: np.ndarray,
        labels: np.ndarray,
        keep: np.ndarray,
        answered: np.ndarray,
        shown: np.ndarray,
        probability: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Items, labels and which of them count, int and bool [s, exposed], the answered sessions drawn anew."""
        width = ((0, 0), (0, self._settings.exposed - SESSION_ITEMS))
        items, labels, keep = (np.pad(part, width) for part in (items, labels, keep))
        noise = np.log(np.maximum(shown[answered], 1e-300)) + self._generator.gumbel(size=shown[answered].shape)
        drawn = np.argsort(-noise, axis=1)[:, : self._settings.exposed]  # without replacement, as they are shown
        bought = self._generator.random(drawn.shape) < np.take_along_axis(probability[answered], drawn, axis=1)
        items[answered], labels[answered], keep[answered] = drawn, bought, True
        return items, labels, keep


def _bought_and_left(
    share: np.ndarray, others: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draws a bought item and four different others for each row, in random order: items, labels, int [s, 5]."""
    bought = np.argmax(np.log(np.maximum(share, 1e-300)) + generator.gumbel(size=share.shape), axis=1)
    noise = np.log(np.maximum(others, 1e-300)) + generator.gumbel(size=others.shape)  # the Gumbel trick, no replacement
    noise[np.arange(len(noise)), bought] = -np.inf
    left = np.argpartition(-noise, SESSION_ITEMS - 1, axis=1)[:, : SESSION_ITEMS - 1]
    items = np.concatenate([bought[:, None], left], axis=1)
    labels = np.zeros_like(items)
    labels[:, 0] = 1
    order = np.argsort(generator.random(items.shape), axis=1)
    return np.take_along_axis(items, order, axis=1), np.take_along_axis(labels, order, axis=1)
