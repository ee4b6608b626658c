"""The schema as data: validation, decoding, DDL."""

from datetime import UTC, date, datetime

import pytest

from graph import schema
from graph.model.areas import AreaKind
from graph.model.assignments import Side
from graph.properties import SchemaViolation, Secret
from graph.store.declaring import ddl


class Seal:
    """Shows where something was sealed."""

    def seal(self, clear: str, place: str) -> str:
        return f"sealed at {place}"

    def hash(self, clear: str, place: str) -> str:
        return f"hashed at {place}"


PERSON = {"id": "p", "name": "刘", "languages": ["zh"], "verified": True, "erased": False, "rev": 1}
AREA = {"id": "a", "kind": AreaKind.GRID, "name": "一网格"}


def test_values_survive_the_way_through_the_store():
    values = {"id": "l", "holder": "me", "until": datetime(2026, 11, 22, 3, tzinfo=UTC)}
    assert schema.LEASE.decode(schema.LEASE.encode(values)) == values


def test_what_is_absent_is_left_out_and_comes_back_as_none():
    encoded = schema.AREA.encode(AREA)
    assert encoded == {"id": "a", "kind": "grid", "name": "一网格"}
    assert schema.AREA.decode(encoded)["lat"] is None


@pytest.mark.parametrize(
    ("node", "change", "words"),
    [
        (schema.AREA, {"colour": "red"}, r"Area has no property \['colour'\]"),
        (schema.AREA, {"name": None}, "Area.name: missing"),
        (schema.AREA, {"name": 5}, "Area.name: must be text"),
        (schema.AREA, {"name": "x" * 201}, "Area.name: at most 200 characters, not 201"),
        (schema.AREA, {"kind": "planet"}, "Area.kind"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused_with_its_place(node, change, words):
    with pytest.raises(SchemaViolation, match=words):
        node.encode({**AREA, **change})


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (schema.NEED.properties["quantity"], 0),
        (schema.NEED.properties["quantity"], 10_001),
        (schema.NEED.properties["quantity"], True),
        (schema.NEED.properties["quantity"], 1.0),
        (schema.NEED.properties["at_home"], 1),
        (schema.NEED.properties["due"], datetime(2026, 11, 22)),
    ],
)
def test_wrong_types_and_ranges_are_refused(rule, value):
    with pytest.raises(ValueError):
        rule.encode(value)


def test_lists_of_an_enum_are_kept_sorted_and_come_back_as_a_set():
    rule = schema.ASSIGNMENT.properties["waiting_for"]
    assert rule.encode({Side.PROVIDER, Side.COMMUNITY}) == ["community", "provider"]
    assert rule.decode(["community"]) == {Side.COMMUNITY}


def test_days_are_kept_as_iso_dates():
    rule = schema.PROVIDES.properties["certificate_until"]
    assert rule.encode(date(2026, 2, 3)) == "2026-02-03" and rule.decode("2026-02-03") == date(2026, 2, 3)


def test_secrets_are_sealed_on_the_way_in_and_not_decoded_on_the_way_out():
    encoded = schema.PERSON.encode(PERSON | {"phone": "10000000001"}, Seal())
    assert (encoded["name"], encoded["phone"]) == ("sealed at Person.name:p", "sealed at Person.phone:p")
    assert encoded["phone_hash"] == "hashed at Person.phone"
    assert not {"name", "phone", "phone_hash"} & schema.PERSON.decode(encoded).keys()


def test_what_is_personal_is_not_written_without_somebody_s_key():
    with pytest.raises(SchemaViolation, match="nobody's key"):
        schema.PERSON.encode(PERSON)


def test_an_over_long_secret_is_refused_without_repeating_it():
    with pytest.raises(SchemaViolation) as refused:
        schema.PERSON.encode(PERSON | {"phone": "13912345678" * 2}, Seal())
    assert "139" not in str(refused.value)


def test_what_is_personal_is_declared_so():
    secrets = {
        f"{node.label}.{name}"
        for node in schema.NODES
        for name, rule in node.properties.items()
        if isinstance(rule, Secret)
    }
    assert secrets == {
        "Need.text",
        "Person.name",
        "Person.phone",
        "Person.id_number",
        "Person.address",
        "Person.health",
        "Person.described",
        "Organisation.contact",
        "Escalation.answer",
    }


def test_every_node_has_one_key_and_a_constraint_on_it():
    statements = ddl()
    for node in schema.NODES:
        assert [n for n, rule in node.properties.items() if rule.key] == [node.key]
        assert any(f"(n:{node.label}) REQUIRE n.{node.key} IS UNIQUE" in s for s in statements)
    assert all("IF NOT EXISTS" in s for s in statements)


def test_what_lasts_over_the_years_carries_since_and_until():
    for relationship in schema.RELATIONSHIPS:
        assert relationship.lasting == ("until" in relationship.properties)
