"""Runs queries: pages, cursors, counts. A cursor holds ids and reads the records when they are asked for.

So a record changed between two pages comes as it is by then, and one deleted is missing from its page.
Facts: up to 2,000 rows a page and fewer for wide ones; cursors live two days and tell it by
INVALID_QUERY_LOCATOR; the address of the next page says ``query`` even after ``queryAll``.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.errors import refusal
from connectors.sandbox.salesforce.fields import Field, Stored, shown_value
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.plans import Cursor, Plan
from connectors.sandbox.salesforce.soql_nodes import AllFields, Count, Path, Query
from connectors.sandbox.salesforce.soql_parser import parse
from connectors.sandbox.salesforce.soql_sql import Column, Scope, rows_of, scope_of

LARGEST_PAGE: Final = 2_000
SMALLEST_PAGE: Final = 200
WIDE: Final = 60
"""Fields beyond which a page gets shorter."""
WIDE_PAGE: Final = 1_000
LIFETIME: Final = timedelta(days=2)
_FIELDS_LIMIT: Final = 200


def plan_of(org: Org, text: str) -> Plan:
    """Read a query and find what its names stand for.

    Raises:
        RefusedError: The query cannot be read, or names what the user does not see.
    """
    query = parse(text)
    scope = scope_of(org.schema, query, org.clock.now().date())
    paths = [path for one in query.selected for path in _paths(one, scope, query)]
    columns = tuple(scope.column(path) for path in paths)
    _refuse_twice(columns)
    return Plan(query=query, scope=scope, columns=columns)


def _refuse_twice(columns: Sequence[Column]) -> None:
    seen: set[str] = set()
    for column in columns:
        if column.sql in seen:
            raise refusal("MALFORMED_QUERY", f"duplicate field selected: {column.field.name}")
        seen.add(column.sql)


def _paths(one: Path | Count | AllFields, scope: Scope, query: Query) -> Iterator[Path]:
    match one:
        case Path():
            yield one
        case AllFields(which=which):
            if which != "standard" and (query.limit is None or query.limit > _FIELDS_LIMIT):
                raise refusal(
                    "MALFORMED_QUERY",
                    "The SOQL FIELDS function must have a LIMIT of at most 200",
                )
            for field in scope.root.fields.values():
                if which == "all" or field.is_custom is (which == "custom"):
                    yield Path(parts=(field.name,), at=query.source_at)


def rows_found(org: Org, plan: Plan, *, has_deleted: bool) -> array[int]:
    """Find the rows of a query, in order."""
    query, scope = plan.query, plan.scope
    sees_all = has_deleted or query.has_all_rows
    order = scope.order()
    body = scope.body(rows_of(scope, has_deleted=sees_all))
    limit = "" if query.limit is None else f" LIMIT {query.limit}"
    if query.offset:
        limit = f"{limit or ' LIMIT -1'} OFFSET {query.offset}"
    sql = f"SELECT t0.row {body.sql} ORDER BY {order}{limit}"
    return array("q", (row for (row,) in org.store.sql.execute(sql, body.values)))


def is_count(plan: Plan) -> bool:
    """Tell whether a query is answered by numbers."""
    return bool(plan.query.groups) or any(isinstance(one, Count) for one in plan.query.selected)


def counted(org: Org, plan: Plan, *, has_deleted: bool) -> dict[str, Json]:
    """Answer a query that counts."""
    query, scope = plan.query, plan.scope
    if len(query.selected) == 1 and query.selected[0] == Count():
        body = scope.body(rows_of(scope, has_deleted=has_deleted))
        total = org.store.sql.execute(f"SELECT count(*) {body.sql}", body.values).fetchone()[0]
        return {"totalSize": int(total), "done": True, "records": []}
    names, sqls, fields = _aggregates(plan)
    groups = [scope.filtered(path).sql for path in query.groups]
    body = scope.body(rows_of(scope, has_deleted=has_deleted))
    grouped = f" GROUP BY {', '.join(groups)} ORDER BY {', '.join(groups)}" if groups else ""
    sql = f"SELECT {', '.join(sqls)} {body.sql}{grouped} LIMIT {LARGEST_PAGE}"
    records: list[Json] = [
        {
            "attributes": {"type": "AggregateResult"},
            **{
                name: _cell(field, value)
                for name, field, value in zip(names, fields, values, strict=True)
            },
        }
        for values in org.store.sql.execute(sql, body.values)
    ]
    return {"totalSize": len(records), "done": True, "records": records}


def _cell(field: Field | None, value: Stored) -> Json:
    return value if field is None else shown_value(field, value)


def _aggregates(plan: Plan) -> tuple[list[str], list[str], list[Field | None]]:
    names: list[str] = []
    sqls: list[str] = []
    fields: list[Field | None] = []
    grouped = {path.text.lower() for path in plan.query.groups}
    for one in plan.query.selected:
        if isinstance(one, Count) and one.path is not None:
            numbered = sum(name.startswith("expr") for name in names)
            names.append(one.alias or f"expr{numbered}")
            sqls.append(f"count({plan.scope.column(one.path).sql})")
            fields.append(None)
        elif isinstance(one, Path) and one.text.lower() in grouped:
            column = plan.scope.filtered(one)
            names.append(column.field.name)
            sqls.append(column.sql)
            fields.append(column.field)
        else:
            raise refusal("MALFORMED_QUERY", "Field must be grouped or aggregated")
    return names, sqls, fields


def page_size(plan: Plan, wanted: int | None, most: int | None) -> int:
    """Say how many rows a page holds. The size that a client wants is no promise."""
    size = min(LARGEST_PAGE, max(SMALLEST_PAGE, wanted or LARGEST_PAGE))
    if len(plan.columns) > WIDE or any(column.field.is_long for column in plan.columns):
        size = min(size, WIDE_PAGE)
    return size if most is None else most


def shown_rows(org: Org, cursor: Cursor, rows: Sequence[int], base: str) -> list[Json]:
    """Read rows as they are now, in this order; those gone by now are missing."""
    if not rows:
        return []
    plan = cursor.plan
    kept = "" if cursor.has_deleted else " AND t0.IsDeleted = 0"
    found = {values[0]: values for values in _read(org, plan, rows, kept)}
    tree = _tree(plan)
    return [_shown(plan, tree, found[row], base) for row in rows if row in found]


def cells(org: Org, plan: Plan, rows: Sequence[int]) -> Iterator[tuple[Stored, ...]]:
    """Read the plain values of rows as they are now, in this order."""
    found = {values[0]: values for values in _read(org, plan, rows)}
    extra = 1 + len(plan.scope.steps) * 2
    yield from (found[row][extra + 1 :] for row in rows if row in found)


def _read(
    org: Org, plan: Plan, rows: Sequence[int], kept: str = ""
) -> Iterator[tuple[Stored, ...]]:
    """Read row, own id, then id and type behind each relationship, then the columns."""
    places = ",".join(map(str, rows))
    behind = [
        part
        for step in plan.scope.steps.values()
        for part in (f"{step.alias}.Id", _type_of(step.alias, step.type.name))
    ]
    selected = ", ".join(["t0.row", "t0.Id", *behind, *(one.sql for one in plan.columns)])
    sql = f'SELECT {selected} FROM "{plan.scope.root.name}" t0 {_joins(plan.scope)}'
    yield from org.store.sql.execute(f"{sql} WHERE t0.row IN ({places}){kept}")


def _joins(scope: Scope) -> str:
    return " ".join(step.join for step in scope.steps.values())


def _type_of(alias: str, name: str) -> str:
    return f"{alias}.Type" if name == "Name" else f"'{name}'"


def _tree(plan: Plan) -> list[tuple[tuple[str, ...], tuple[str, ...], Column, int]]:
    """Say for each column under which names it is shown, and where its value stands."""
    start = 2 + len(plan.scope.steps) * 2
    return [
        (column.owner, _written(plan, column), column, start + place)
        for place, column in enumerate(plan.columns)
    ]


def _written(plan: Plan, column: Column) -> tuple[str, ...]:
    """Write the relationships of a column as the schema spells them."""
    type_, found = plan.scope.root, []
    for depth in range(1, len(column.owner) + 1):
        reference = type_.follow(column.owner[depth - 1])
        assert reference is not None  # the column was found behind it
        found.append(reference.relationship or "")
        type_ = plan.scope.steps[column.owner[:depth]].type
    return tuple(found)


def _shown(
    plan: Plan,
    tree: list[tuple[tuple[str, ...], tuple[str, ...], Column, int]],
    values: tuple[Stored, ...],
    base: str,
) -> dict[str, Json]:
    places = {key: 2 + 2 * n for n, key in enumerate(plan.scope.steps)}
    record: dict[str, Json] = {"attributes": attributes(plan.scope.root.name, values[1], base)}
    for owner, names, column, place in tree:
        holder: dict[str, Json] | None = record
        for depth, name in enumerate(names, start=1):
            holder = _holder(holder, name, values, places[owner[:depth]], plan, owner[:depth], base)
        if holder is not None:
            holder[column.field.name] = shown_value(column.field, values[place])
    return record


def _holder(
    outer: dict[str, Json] | None,
    name: str,
    values: tuple[Stored, ...],
    place: int,
    plan: Plan,
    key: tuple[str, ...],
    base: str,
) -> dict[str, Json] | None:
    """Find or make the object of a related record inside of another; None when there is none."""
    if outer is None:
        return None
    if values[place] is None:
        outer.setdefault(name, None)
        return None
    present = outer.get(name)
    if isinstance(present, dict):
        return present
    made: dict[str, Json] = {
        "attributes": _behind(plan, key, str(values[place + 1]), values[place], base)
    }
    outer[name] = made
    return made


def _behind(
    plan: Plan, key: tuple[str, ...], type_: str, id_: Stored, base: str
) -> dict[str, Json]:
    found = attributes("Group" if type_ == "Queue" else type_, id_, base)
    return {**found, "type": "Name"} if plan.scope.steps[key].type.name == "Name" else found


def attributes(type_: str, id_: Stored, base: str) -> dict[str, Json]:
    """Write what every record begins with: its type, and where it lives."""
    return {"type": type_, "url": f"{base}/sobjects/{type_}/{id_}"}


# Pages


def answer_query(
    org: Org,
    text: str,
    base: str,
    *,
    has_deleted: bool,
    wanted: int | None,
    most: int | None,
) -> dict[str, Json]:
    """Answer a query with its first page."""
    plan = plan_of(org, text)
    if is_count(plan):
        return counted(org, plan, has_deleted=has_deleted)
    rows = rows_found(org, plan, has_deleted=has_deleted)
    sees_all = has_deleted or plan.query.has_all_rows
    cursor = Cursor(plan=plan, rows=rows, made_at=org.clock.now(), has_deleted=sees_all)
    return _page(org, cursor, "", 0, base, page_size(plan, wanted, most))


def next_page(
    org: Org, locator: str, base: str, *, wanted: int | None, most: int | None
) -> dict[str, Json]:
    """Answer with a further page.

    Raises:
        RefusedError: The cursor is not known, or not any more.
    """
    key, _, start = locator.partition("-")
    cursor = org.cursors.get(key)
    if cursor is None or not start.isdecimal() or org.clock.now() - cursor.made_at >= LIFETIME:
        raise refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(org, cursor, key, int(start), base, page_size(cursor.plan, wanted, most))


def _page(org: Org, cursor: Cursor, key: str, start: int, base: str, size: int) -> dict[str, Json]:
    end = start + size
    total = len(cursor.rows)
    records = shown_rows(org, cursor, cursor.rows[start:end], base)
    found: dict[str, Json] = {"totalSize": total, "done": end >= total}
    if end < total:
        if not key:
            key = made_id("01g", org.store.take("cursor"))
            org.cursors[key] = cursor
        found["nextRecordsUrl"] = f"{base}/query/{key}-{end}"
    found["records"] = records
    return found
