"""What the columns of the tables mean: `schema.json`, the one file that names every field a model may see."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from camenn_tf.errors import UserError

GROUPS = ("user", "item", "context", "cross")
KINDS = ("categorical", "numeric", "hashed")
STATISTICS = ("count", "recency")
ALIGNMENT_COLUMNS = ("alignment_class", "alignment_coarse_class")

RESERVED = ("timestamp", "label", "session_id", "history_only")  # columns of events that no model may see

_UNFIT_FOR_FILES = re.compile("[/\\\\\0\ud800-\udfff]")
_LONGEST_NAME = 200  # bytes in UTF-8: file systems take 255, an ending among them

MISSING_ID = 0  # row of an absent value, of every field
UNSEEN_ID = 1  # row of a value that the train samples do not have often enough
FIRST_VALUE_ID = 2  # first row of a real value (categorical value, numeric bucket, hash bucket)

TABLE_OF_GROUP = {"user": "users", "item": "items", "context": "events", "cross": "events"}


class SchemaError(UserError):
    """A schema file that cannot be used; the message names the file, the field and what to write instead."""


@dataclasses.dataclass(frozen=True)
class CrossRule:
    """A cross field that the preparation computes from the user's own earlier purchases.

    `count` is the number of purchases, `recency` the days since the last one, of items that agree with the sample's
    target in `by` (`item_id` or the name of an item field), strictly before the sample and outside its session.
    """

    statistic: str
    by: str
    window_days: float | None = None


@dataclasses.dataclass(frozen=True)
class Field:
    """One field: one embedding row a value, with rows of their own for missing and unseen values.

    Attributes:
      name: column of the group's table (a computed cross field has no column).
      group: `user`, `item`, `context` or `cross`; it fixes the table the column is read from.
      kind: `categorical`, `numeric` (bucketised) or `hashed`.
      boundaries: cut points of a numeric field, rising; None = quantiles of the train samples.
      buckets: hash buckets of a hashed field, most quantile buckets of a numeric one; 0 = the run's default.
      min_count: least train occurrences of a categorical value with a row of its own; None = the run's default.
      cross: how to compute a cross field; None = it is a column of events.
    """

    name: str
    group: str
    kind: str = "categorical"
    boundaries: tuple[float, ...] | None = None
    buckets: int = 0
    min_count: int | None = None
    cross: CrossRule | None = None


@dataclasses.dataclass(frozen=True)
class Schema:
    """The fields in their fixed order, and two item columns that say which items are alike.

    Attributes:
      fields: what a model may see.
      alignment_class: items that agree in it are never donors of each other; None = there is no such column.
      alignment_coarse_class: alignment is judged a second time with donors that agree in it; None = it is not.
    """

    fields: tuple[Field, ...]
    alignment_class: str | None = None
    alignment_coarse_class: str | None = None

    def group(self, *names: str) -> tuple[Field, ...]:
        """The fields of these groups, in schema order."""
        return tuple(field for field in self.fields if field.group in names)

    @property
    def sample_fields(self) -> tuple[Field, ...]:
        """User, then context, then cross fields: the order of `fields` [B, Fb] of a batch."""
        return self.group("user") + self.group("context") + self.group("cross")

    @property
    def item_fields(self) -> tuple[Field, ...]:
        """Item fields, in the order of `items_fields` [U, Fi] of a batch."""
        return self.group("item")

    def to_json(self) -> dict[str, Any]:
        """The form that `schema_from_json` reads, without the values that are defaults."""
        return {
            "alignment_class": self.alignment_class,
            "alignment_coarse_class": self.alignment_coarse_class,
            "fields": [_without_defaults(field) for field in self.fields],
        }


def _without_defaults(field: Field) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for part in dataclasses.fields(Field):
        value = getattr(field, part.name)
        if part.default is dataclasses.MISSING or value != part.default:
            out[part.name] = value
    if field.boundaries is not None:
        out["boundaries"] = list(field.boundaries)
    if field.cross is not None:
        out["cross"] = dataclasses.asdict(field.cross)
    return out


def load_schema(path: str) -> Schema:
    """Reads the `schema.json` of tables. Raises SchemaError with file, field and remedy."""
    with open(path, encoding="utf-8") as file:
        try:
            schema = schema_from_json(json.load(file), where=path)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise SchemaError(f"{path}: not a JSON text: {error}") from error
    _refuse_reserved(schema, path)
    return schema


def save_schema(schema: Schema, path: str) -> None:
    """Writes `schema.json`."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(schema.to_json(), file, ensure_ascii=False, indent=1)
        file.write("\n")


def schema_from_json(data: Mapping[str, Any], where: str = "schema") -> Schema:
    """Builds and checks a schema. Raises SchemaError with `where`, the field and the remedy."""
    if not isinstance(data, Mapping) or not isinstance(data.get("fields"), list):
        raise SchemaError(f"{where}: expected an object with a list 'fields'")
    _refuse_unknown(data, {"fields", *ALIGNMENT_COLUMNS}, where)
    fields = tuple(_field(entry, f"{where}: field {number}") for number, entry in enumerate(data["fields"]))
    for name in ALIGNMENT_COLUMNS:
        if not isinstance(data.get(name), str | None):
            raise SchemaError(f"{where}: {name} is {data[name]!r}, expected the name of a column, or null")
    schema = Schema(fields, *(data.get(name) for name in ALIGNMENT_COLUMNS))
    _check_names(schema, where)
    return schema


def _field(entry: Any, where: str) -> Field:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        raise SchemaError(f"{where}: expected an object with a string 'name'")
    where = f"{where} ('{entry['name']}')"
    _refuse_unknown(entry, {part.name for part in dataclasses.fields(Field)}, where)
    values = dict(entry)
    if values.get("group") not in GROUPS:
        raise SchemaError(f"{where}: group is {values.get('group')!r}, expected one of {', '.join(GROUPS)}")
    if values.get("kind", "categorical") not in KINDS:
        raise SchemaError(f"{where}: kind is {values['kind']!r}, expected one of {', '.join(KINDS)}")
    _check_whole(values.get("buckets", 0), f"{where}: buckets")
    if values.get("min_count") is not None:
        _check_whole(values["min_count"], f"{where}: min_count")
    if values.get("boundaries") is not None:
        values["boundaries"] = _boundaries(values["boundaries"], where)
    if values.get("cross") is not None:
        values["cross"] = _cross_rule(values["cross"], values["group"], where)
    field = Field(**values)
    if field.boundaries is not None and field.kind != "numeric":
        raise SchemaError(f"{where}: boundaries belong to numeric fields, this one is {field.kind}")
    if field.kind == "hashed" and field.buckets < 1:
        raise SchemaError(f"{where}: a hashed field needs 'buckets' of at least 1")
    return field


def _check_whole(value: object, where: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise SchemaError(f"{where} is {value!r}, expected a whole number of at least 0")


def _boundaries(cuts: Any, where: str) -> tuple[float, ...]:
    if not isinstance(cuts, list | tuple) or not all(_is_number(cut) for cut in cuts):
        raise SchemaError(f"{where}: boundaries are {cuts!r}, expected a list of numbers")
    boundaries = tuple(float(cut) for cut in cuts)
    if list(boundaries) != sorted(set(boundaries)):
        raise SchemaError(f"{where}: boundaries must rise strictly")
    return boundaries


def _cross_rule(entry: Any, group: str, where: str) -> CrossRule:
    if not isinstance(entry, Mapping):
        raise SchemaError(f"{where}: cross is {entry!r}, expected an object with 'statistic' and 'by'")
    _refuse_unknown(entry, {part.name for part in dataclasses.fields(CrossRule)}, f"{where}: cross")
    for key in ("statistic", "by"):
        if not isinstance(entry.get(key), str):
            raise SchemaError(f"{where}: cross: {key} is {entry.get(key)!r}, expected a string")
    rule = CrossRule(**entry)
    if group != "cross":
        raise SchemaError(f"{where}: 'cross' belongs to fields of group cross, this one is {group}")
    if rule.statistic not in STATISTICS:
        raise SchemaError(f"{where}: statistic is {rule.statistic!r}, expected one of {', '.join(STATISTICS)}")
    if rule.window_days is not None and not (_is_number(rule.window_days) and rule.window_days > 0):
        raise SchemaError(f"{where}: window_days is {rule.window_days!r}, expected a number above 0")
    return rule


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_names(schema: Schema, where: str) -> None:
    names = [field.name for field in schema.fields]
    for name in names:
        if name.startswith(".") or _UNFIT_FOR_FILES.search(name) or len(name.encode()) > _LONGEST_NAME:
            raise SchemaError(
                f"{where}: field {name!r}: files are called after fields, so a name cannot begin with a dot, hold a "
                f"slash, a backslash or a null character, or be longer than {_LONGEST_NAME} bytes; rename the column"
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SchemaError(f"{where}: field '{twice[0]}' stands twice")
    items = {field.name for field in schema.item_fields} | {"item_id"}
    for field in schema.fields:
        if field.cross is not None and field.cross.by not in items:
            raise SchemaError(
                f"{where}: field '{field.name}': cross by '{field.cross.by}', expected item_id or an item field"
            )


def _refuse_reserved(schema: Schema, where: str) -> None:
    for field in schema.group("context", "cross"):
        if field.name in RESERVED or field.name.startswith("#"):
            raise SchemaError(
                f"{where}: field '{field.name}': fields of events cannot be called {', '.join(RESERVED)} or #...; "
                "these have a meaning of their own: leave it out, or give its column another name"
            )


def _refuse_unknown(entry: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise SchemaError(f"{where}: unknown key '{unknown[0]}', expected one of {', '.join(sorted(known))}")
