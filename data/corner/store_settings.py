"""What a caller may choose about the embedded store."""

from __future__ import annotations

import dataclasses

SECONDS_A_DAY = 86400
SESSION_ITEMS = 5  # of a logged session: 1 bought, 4 not


@dataclasses.dataclass(frozen=True)
class StoreSettings:
    """Sizes, rates and the seed of one store; the same settings always give the same store.

    Attributes:
      seed: of everything that is drawn.
      items, shops, users: how many there are.
      days, sessions_a_day: length of the log and sessions on each day; a session is 5 samples, 1 bought and 4 not.
      test_days: last days of the log; `new_items` are on sale from their first second on.
      exposed: 0 = the test days' sessions are like all others. Above 0 a session of the test days holds this many items
        drawn as they are shown, and the label of each says whether the user would buy it if it were: the world answers
        every exposure, so a ranking that decides what is shown can be judged (a simulated A/B test). A user then has
        one session in the test days.
      history_days: days of earlier purchases before the log begins.
      new_items: share of the items that nobody has seen before the test days.
      recent_items: share of the items first on sale `recent_days` before the test days, so that a validation split cut
        from the end of train has unseen items too.
      language: of titles and descriptions, `zh` or `en`.
      picture_size: pixels a side.
      vague_title, wrong_title, wrong_category, blurred_picture, wrong_picture: share of the items so spoilt.
    """

    seed: int = 1
    items: int = 600
    shops: int = 30
    users: int = 1200
    days: int = 28
    sessions_a_day: int = 200
    test_days: int = 7
    exposed: int = 0
    history_days: int = 28
    new_items: float = 0.10
    recent_items: float = 0.05
    recent_days: int = 2
    language: str = "zh"
    picture_size: int = 96
    vague_title: float = 0.10
    wrong_title: float = 0.05
    wrong_category: float = 0.05
    blurred_picture: float = 0.10
    wrong_picture: float = 0.05

    def __post_init__(self) -> None:
        for name in ("items", "shops", "users", "days", "sessions_a_day", "history_days"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name}={getattr(self, name)}: expected at least 1")
        if not 0 < self.test_days < self.days:
            raise ValueError(f"--test_days={self.test_days}: expected at least 1 and less than --days={self.days}")
        if self.exposed and not SESSION_ITEMS <= self.exposed <= self.items:
            raise ValueError(f"--exposed={self.exposed}: expected 0, or {SESSION_ITEMS} to --items={self.items}")
        late = self.test_days + self.recent_days
        if self.recent_days < 1 or late >= self.days:
            raise ValueError(
                f"--recent_days={self.recent_days}: expected at least 1, and with --test_days less than --days"
            )
        for name in (
            "new_items",
            "recent_items",
            "vague_title",
            "wrong_title",
            "wrong_category",
            "blurred_picture",
            "wrong_picture",
        ):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"--{name}={getattr(self, name)}: expected a share, 0 <= share < 1")
        if self.vague_title + self.wrong_title > 1 or self.blurred_picture + self.wrong_picture > 1:
            raise ValueError("the shares of spoilt titles, and of spoilt pictures, must not add up to more than 1")
        if self.language not in ("zh", "en"):
            raise ValueError(f"--language={self.language}: expected zh or en")
        early = self.items - self.new_count - self.recent_count
        if early < SESSION_ITEMS:
            raise ValueError(
                f"--items={self.items}: {early} are on sale from the beginning, expected at least {SESSION_ITEMS}; "
                "take more items, or smaller shares --new_items and --recent_items"
            )

    @property
    def new_count(self) -> int:
        """How many items nobody has seen before the test days."""
        return round(self.items * self.new_items)

    @property
    def recent_count(self) -> int:
        """How many items are first on sale just before them."""
        return round(self.items * self.recent_items)
