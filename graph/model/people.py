"""People and what they belong to: households, party organisations, organisations, teams."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from graph.model.needs import Field


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


ADULT = 18
"""From this age on somebody is no minor."""


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
    """A party organisation.

    Parameters
    ----------
    leads
        The area that it leads; None of a member household.
    households
        Those that a member household leads; empty of every other kind.
    """

    id: str
    kind: PartyOrganisationKind
    name: str
    leads: str | None = None
    under: str | None = None
    households: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who lives here. Resident, party member, volunteer are relationships, not kinds.

    Name, phone, ID number, address and health are personal: encrypted in the store under the person's own
    key, never in logs, left out of `repr`; None on what the store returns, but for `People.personal`.

    Parameters
    ----------
    described
        What a list without ID numbers said of them, by which the same list finds them again; personal.
    lives_in
        A building, a grid, or any larger area where it is not known better.
    home
        (lat, lon) to a thousandth of a degree, about 100 metres: coarse on purpose.
    languages
        BCP 47 tags, such as `zh` or `wuu`.
    works_for, reports_to
        An organisation; the area to which somebody who works here reports in (双报到).
    verified
        Somebody checked who this is, so they may be sent into a vulnerable resident's home.
    paused_until
        Gets no offers before this moment.
    consent, keep_until
        The day on which they agreed to be kept here, and the last day on which they are.
    erased
        The person's key was destroyed: nothing personal can be read any more.
    """

    id: str
    name: str | None = field(repr=False)
    lives_in: str
    phone: str | None = field(default=None, repr=False)
    id_number: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    health: str | None = field(default=None, repr=False)
    birth_year: int | None = None
    home: tuple[float, float] | None = field(default=None, repr=False)
    languages: tuple[str, ...] = ()
    household: str | None = None
    member_of: str | None = None
    works_for: str | None = None
    reports_to: str | None = None
    verified: bool = False
    paused_until: datetime | None = None
    consent: date | None = None
    keep_until: date | None = None
    described: str | None = field(default=None, repr=False)
    erased: bool = False
    rev: int = 1


def description(name: str, birth_year: int | None, where: str) -> str:
    """Return what a list without ID numbers says of somebody, by which the same list finds them again.

    Parameters
    ----------
    where
        Their address, or the id of the area in which they live.
    """
    return "|".join((name, "" if birth_year is None else str(birth_year), where))


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """A person and what is to be said of their home.

    Parameters
    ----------
    person
        Without personal texts but for the name, which is still to be masked; with all where they are shown with a
        reason.
    grid
        Where they live, as far as a list says it: the grid, or a larger area where it is not known better.
    focus
        Why their household is kept in view; told where they are shown with a reason.
    has_phone
        Whether there is a phone, which is read with a reason.
    """

    person: Person
    grid: str
    focus: frozenset[FocusKind]
    has_phone: bool


class OrganisationKind(StrEnum):
    """What sort of organisation helps."""

    UNIT = "unit"  # 驻区单位
    DEPARTMENT = "department"  # 部门
    MERCHANT = "merchant"  # 商户
    SOCIAL_ORGANISATION = "social_organisation"  # 社会组织
    PROPERTY_COMPANY = "property_company"  # 物业
    OWNERS_COMMITTEE = "owners_committee"  # 业委会


@dataclass(frozen=True, slots=True)
class Organisation:
    """A unit, merchant, social organisation or property company; public, so its name is no secret.

    Parameters
    ----------
    contact
        Whom to call: personal, encrypted; None on what the store returns, but for `Organisations.contact`.
    reports_to, agreement
        The area to which a unit reports in (双报到), and the words of their agreement.
    quota
        Units a month that all its resources by the month give together; None is no limit.
    """

    id: str
    kind: OrganisationKind
    name: str
    located_in: str
    verified: bool = True
    contact: str | None = field(default=None, repr=False)
    reports_to: str | None = None
    agreement: str | None = None
    quota: int | None = None
    rev: int = 1


@dataclass(frozen=True, slots=True)
class Team:
    """A volunteer team (志愿服务队): lists, receives and accepts as a team; its members' hours are their own.

    Parameters
    ----------
    field
        What it is for.
    located_in
        The area it works from, as an organisation's.
    members
        Ids of people; those of today.
    """

    id: str
    name: str
    field: Field
    located_in: str
    members: tuple[str, ...] = ()
    verified: bool = True
    rev: int = 1


def age_band(birth_year: int | None, year: int) -> str | None:
    """Return ten years of age, so that a list doesn't say how old somebody is; None where it is not known.

    Examples
    --------
    >>> age_band(1938, 2026), age_band(2008, 2026), age_band(2012, 2026)
    ('80-89', '18-19', 'minor')
    """
    if birth_year is None:
        return None
    age = year - birth_year
    decade = age // 10 * 10
    return "minor" if age < ADULT else f"{max(ADULT, decade)}-{decade + 9}"


def masked(name: str) -> str:
    """Return a person's name as it is shown by default: the family name and one star a character.

    Examples
    --------
    >>> masked("王秀英")
    '王**'
    """
    return name[:1] + "*" * (len(name) - 1)
