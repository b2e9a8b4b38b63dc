"""Row faults: rows that can be left out, or that lack something, counted by kind with examples."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from camenn_tf.dataset.entities import Items
from camenn_tf.errors import UserError

EXAMPLES = 10  # kept of each kind
UNKNOWN_USER, UNKNOWN_ITEM, EMPTY_TEXT = "unknown_user", "unknown_item", "empty_text"
MISSING_IMAGE, UNREADABLE_IMAGE = "missing_image", "unreadable_image"


@dataclasses.dataclass
class Faults:
    """Row faults of one kind, among the rows of their table."""

    rows: int = 0
    count: int = 0
    examples: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def add(self, count: int, examples: list[dict[str, Any]]) -> None:
        """Counts more of them."""
        self.count += count
        self.examples = (self.examples + examples)[:EXAMPLES]

    @property
    def share(self) -> float:
        """Of the rows of the table."""
        return self.count / self.rows if self.rows else 0.0


def item_faults(items: Items, faulty_images: dict[int, str]) -> dict[str, Faults]:
    """The faults of the items table by kind.

    Args:
      items: the table.
      faulty_images: kind of fault, by the first row that names the image file.
    """
    out = {kind: Faults(len(items)) for kind in (MISSING_IMAGE, UNREADABLE_IMAGE, EMPTY_TEXT)}
    ids, paths, texts = items.ids.to_pylist(), items.image_path.to_pylist(), items.text.to_pylist()
    by_path = {paths[row]: kind for row, kind in faulty_images.items() if paths[row] is not None}
    for row, (item, path, text) in enumerate(zip(ids, paths, texts, strict=True)):
        kind = faulty_images.get(row) if path is None else by_path.get(path)
        if kind is not None:
            out[kind].add(1, [{"item_id": item, "row": row + 1, "value": path or "bytes in the table"}])
        if text is None:
            out[EMPTY_TEXT].add(1, [{"item_id": item, "row": row + 1, "value": ""}])
    return out


def event_faults(found: list[dict[str, Any]], rows: int) -> dict[str, Faults]:
    """The faults of the events table by kind, from what the survey found in its pieces."""
    out = {kind: Faults(rows) for kind in (UNKNOWN_USER, UNKNOWN_ITEM)}
    for entry in found:
        for kind, fault in out.items():
            fault.add(entry["faults"][kind]["count"], entry["faults"][kind]["examples"])
    return out


def refuse_too_many(faults: dict[str, Faults], most: float) -> None:
    """Raises UserError if faults of one kind are above this share of their table's rows."""
    for kind, fault in sorted(faults.items()):
        if fault.share > most:
            examples = "; ".join(json.dumps(example, ensure_ascii=False) for example in fault.examples[:3])
            raise UserError(
                f"{kind}: {fault.count} of {fault.rows} rows ({fault.share:.1%}), more than "
                f"--config.prepare.max_fault_share={most}; repair the tables or raise it. Examples: {examples}"
            )
