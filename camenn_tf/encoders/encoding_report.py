"""What an encoding run tells of itself: `report.json`, `quarantine.csv`, and an error if too much is missing."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from typing import Any

from absl import logging

from camenn_tf.encoders.encoding_parts import Parts
from camenn_tf.errors import UserError

REPORT_NAME = "report.json"
MAX_EXAMPLES = 1000
QUARANTINE_NAME = "quarantine.csv"  # every item whose image could not be decoded
QUARANTINE_COLUMNS = ("item_id", "table_row", "image", "reason")  # rows of the items table count from 1
_SHOWN = 3  # faults in an error message


def write_report(directory: str, items: int, texts: Parts, images: Parts, with_image: int) -> None:
    """Writes `report.json` and `quarantine.csv`, and logs the work that was done.

    Args:
      directory: the features'.
      items: rows of the catalogue.
      texts, images: what all shards hold.
      with_image: items that have an image.
    """
    faults = images.faults
    report = {
        "items": items,
        "distinct_texts": sum(texts.shards),
        "distinct_images": sum(images.shards),
        "items_with_image": with_image,
        "images_not_decoded": {"items": len(faults), "share": len(faults) / max(items, 1)},
        "examples": faults[:MAX_EXAMPLES],
        "work": {"texts": _work("texts", texts), "images": _work("images", images)},
    }
    with open(os.path.join(directory, REPORT_NAME), "w", encoding="utf-8") as file:
        json.dump(report, file, ensure_ascii=False, indent=1)
        file.write("\n")
    with open(os.path.join(directory, QUARANTINE_NAME), "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, QUARANTINE_COLUMNS, extrasaction="ignore")
        table.writeheader()
        table.writerows({**fault, "table_row": fault["row"] + 1} for fault in faults)
    if faults:
        logging.warning("%d items count as having no image, %s; see %s", len(faults), faults[0], QUARANTINE_NAME)


def refuse_too_many(faults: Sequence[dict[str, Any]], with_image: int, most: float) -> None:
    """Refuses features that lack many pictures, as they do when a disk is not there.

    Unlike in the preparation, it is a share of the items that name a picture: where few do, all of these can be missing
    and still be few of the rows.

    Args:
      faults: items whose image could not be decoded.
      with_image: items that have one.
      most: `config.encode.max_fault_share`.

    Raises:
      UserError: the share of faults is above that.
    """
    named = len(faults) + with_image
    share = len(faults) / max(named, 1)
    if share <= most:
        return
    examples = "; ".join(
        json.dumps({key: fault[key] for key in ("item_id", "image", "reason")}, ensure_ascii=False)
        for fault in faults[:_SHOWN]
    )
    raise UserError(
        f"images not decoded: {len(faults)} of {named} items with a picture ({share:.1%}), more than "
        f"--config.encode.max_fault_share={most}; repair the pictures, or raise it and these items count as having "
        f"none. Examples: {examples}"
    )


def _work(what: str, parts: Parts) -> dict[str, Any]:
    """How many were encoded and how many the cache had; speed is that of one worker."""
    encoded, known, seconds = parts.work["encoded"], parts.work["from_cache"], parts.work["seconds"]
    rate = round(encoded / seconds, 1) if seconds else 0.0
    logging.info("%s: %d encoded, %.1f/s a worker, %d from the cache", what, encoded, rate, known)
    return {"encoded": encoded, "from_cache": known, "worker_seconds": round(seconds, 3), "per_worker_second": rate}
