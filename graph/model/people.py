"""People, households, party organisations and the organisations that help."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FocusKind(StrEnum):
    """Why a household is kept in view (重点人群)."""

    ADVANCED_AGE = "advanced_age"  # 高龄
    ALONE = "alone"  # 孤寡
    BEDRIDDEN = "bedridden"  # 卧床
    SINGLE_PARENT = "single_parent"  # 单亲儿童
    LEFT_BEHIND = "left_behind"  # 留守儿童
    LOW_INCOME = "low_income"  # 低收入
    PARTY_MEMBER_IN_NEED = "party_member_in_need"  # 困难党员


VULNERABLE = frozenset(
    {
        FocusKind.ADVANCED_AGE,
        FocusKind.ALONE,
        FocusKind.BEDRIDDEN,
        FocusKind.SINGLE_PARENT,
        FocusKind.LEFT_BEHIND,
    }
)
"""Whose home only a verified provider is sent to."""


@dataclass(frozen=True, slots=True)
class Household:
    """The people of one home."""

    id: str
    building: str
    focus: tuple[FocusKind, ...] = ()


class PartyOrganisationKind(StrEnum):
    """A level of the four-level organisation tree (四级组织)."""

    COMMUNITY = "community"  # 社区党组织
    GRID_BRANCH = "grid_branch"  # 网格党支部
    BUILDING_GROUP = "building_group"  # 楼栋党小组
    MEMBER_HOUSEHOLD = "member_household"  # 党员中心户


@dataclass(frozen=True, slots=True)
class PartyOrganisation:
    """A party organisation; each leads one area."""

    id: str
    kind: PartyOrganisationKind
    name: str
    leads: str
    under: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who lives here. Resident, party member, volunteer are relationships, not kinds.

    Parameters
    ----------
    phone
        Personal: encrypted in the store, never in logs; left out of `repr`.
    verified
        Somebody checked who this is, so they may be sent into a vulnerable resident's home.
    """

    id: str
    name: str = field(repr=False)
    lives_in: str
    phone: str | None = field(default=None, repr=False)
    birth_year: int | None = None
    household: str | None = None
    member_of: str | None = None
    verified: bool = False


class OrganisationKind(StrEnum):
    """What sort of organisation helps."""

    UNIT = "unit"  # 驻区单位
    DEPARTMENT = "department"  # 部门
    MERCHANT = "merchant"  # 商户
    SOCIAL_ORGANISATION = "social_organisation"  # 社会组织
    PROPERTY_COMPANY = "property_company"  # 物业


@dataclass(frozen=True, slots=True)
class Organisation:
    """A unit, merchant, social organisation or property company; public, so its name is no secret."""

    id: str
    kind: OrganisationKind
    name: str
    located_in: str
    verified: bool = True


def masked(name: str) -> str:
    """Return a person's name as it is shown by default: the family name and one star a character.

    Examples
    --------
    >>> masked("王秀英")
    '王**'
    """
    return name[:1] + "*" * (len(name) - 1)
