"""The paper's tasks, and the numbers by which a batch says what an alignment row is for."""

from __future__ import annotations

CVR, ITA, TIA = "cvr", "ita", "tia"
TASK_CODES = {ITA: 0, TIA: 1}  # values of `alignment_task`
BOTH_TASKS = 2  # the same of a positive, which both tasks share
ALONE = -1  # value of `alignment_sample`: the item alone, in no sample's context
