"""Units, departments, merchants, social organisations, property companies, owners' committees, and their assets."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from graph.model.areas import Area, AreaKind
from graph.model.capabilities import CapabilityKind
from graph.model.ids import natural_id
from graph.model.people import Organisation, OrganisationKind
from graph.model.resources import ProviderKind, Resource
from graph.model.times import Period
from seeds.chance import between, deal, stream
from seeds.tongchuan.capabilities import Skilled, vocabulary
from seeds.tongchuan.divisions import CITY, short_name
from seeds.tongchuan.homes import phone
from seeds.tongchuan.hours import HOURS
from seeds.tongchuan.land import Land
from seeds.tongchuan.names import WORDS

_UNITS = 716  # 驻区单位 of the whole city that signed projects (its own text, 2020)
_MERCHANTS = 720  # no figure in the texts: about as many
_SOCIAL_ORGANISATIONS = 340  # the texts count 170 in one of four districts
_FEWEST = {
    OrganisationKind.UNIT: 7,
    OrganisationKind.MERCHANT: 10,
    OrganisationKind.SOCIAL_ORGANISATION: 3,
}
_SHARE_WITH_COMMITTEE = 0.3  # of compounds
_FIRST_CONTACT = 900_000  # numbers of telephones from here on are organisations'
_AGREEMENTS = (
    "每季度认领社区服务项目不少于2项,年底由社区评议",
    "每年签订共建项目1至2项,资源清单每半年更新一次",
    "人、财、物资源清单向社区公开,接到派单三个工作日内答复",
    "在职党员每年到社区服务不少于4次,单位负责人兼任社区党组织委员",
)
_CONDITIONS = {
    (CapabilityKind.GOODS, Period.ONCE): ("用后一周内归还", "凭身份登记借用,当面验收", "需提前一天预约"),
    (CapabilityKind.GOODS, Period.MONTH): ("由社区开具名单领取", "每户每月一份"),
    (CapabilityKind.VENUE, Period.WEEK): ("需提前一天预约", "用后恢复原样,不得商用", "每次不超过三小时"),
    (CapabilityKind.MONEY, Period.MONTH): ("经社区评议公示后发放",),
    (CapabilityKind.SKILL, Period.WEEK): ("需提前两天预约",),
}
_SHARE_WITH_CONDITIONS = 0.5


@dataclass(frozen=True, slots=True)
class Asset:
    """Something that a type of organisation may have, as in `organisations.toml`."""

    title: str
    provides: tuple[Skilled, ...]
    capacity: tuple[int, int]
    period: Period
    chance: float
    wide: float
    hours: str

    @classmethod
    def parse(cls, row: Mapping[str, Any]) -> Asset:
        """Return the asset of one table of the file."""
        least, most = row["capacity"]
        return cls(
            title=row["title"],
            provides=tuple(Skilled.parse(text, (3, 3)) for text in row["provides"]),
            capacity=(least, most),
            period=Period(row["period"]),
            chance=row["chance"],
            wide=row["wide"],
            hours=row.get("hours", "any"),
        )


@dataclass(frozen=True, slots=True)
class Type:
    """A type of organisation, as in `organisations.toml`."""

    kind: OrganisationKind
    weight: float
    per: AreaKind | None
    names: tuple[str, ...]
    assets: tuple[Asset, ...]


@cache
def types() -> tuple[Type, ...]:
    """Return the types of organisation."""
    text = files(__package__).joinpath("organisations.toml").read_text(encoding="utf-8")
    return tuple(
        Type(
            OrganisationKind(row["kind"]),
            row.get("weight", 0),
            AreaKind(row["per"]) if "per" in row else None,
            tuple(row["names"]),
            tuple(Asset.parse(asset) for asset in row["asset"]),
        )
        for row in tomllib.loads(text)["type"]
    )


def establish(
    land: Land, *, scale: float, seed: int, today: date
) -> tuple[tuple[Organisation, ...], tuple[Resource, ...]]:
    """Return the organisations and the assets that they list."""
    chance = stream(CITY, seed, "organisations")
    organisations: list[Organisation] = []
    resources: list[Resource] = []
    taken: set[str] = set()
    for type_, grid in _places(chance, land, scale):
        number = len(organisations) + 1
        reports = type_.kind is OrganisationKind.UNIT
        organisation = Organisation(
            natural_id(CITY, "organisation", seed, number),
            type_.kind,
            _name(chance, type_, land, grid, taken),
            grid.id,
            contact=phone(_FIRST_CONTACT + number),
            reports_to=land.above(grid.id, AreaKind.COMMUNITY).id if reports else None,
            agreement=chance.choice(_AGREEMENTS) if reports else None,
        )
        organisations.append(organisation)
        street = land.above(grid.id, AreaKind.STREET)
        resources += _assets(chance, organisation, type_, street, today)
    return tuple(organisations), tuple(resources)


def _places(chance: Random, land: Land, scale: float) -> list[tuple[Type, Area]]:
    """Return every organisation's type and grid."""
    placed = _everywhere(chance, land)
    so_far = Counter(type_.kind for type_, _ in placed)
    for kind, of_city in (
        (OrganisationKind.UNIT, _UNITS),
        (OrganisationKind.MERCHANT, _MERCHANTS),
        (OrganisationKind.SOCIAL_ORGANISATION, _SOCIAL_ORGANISATIONS),
    ):
        of_kind = [type_ for type_ in types() if type_.kind is kind and type_.per is None]
        count = max(_FEWEST[kind], round(of_city * scale) - so_far[kind])
        dealt = deal(chance, of_kind, [type_.weight for type_ in of_kind], count)
        # Spread over the grids, else a small city's would crowd into one community.
        grids = deal(chance, land.grids, [1.0] * len(land.grids), count)
        placed += zip(dealt, grids, strict=True)
    return placed


def _everywhere(chance: Random, land: Land) -> list[tuple[Type, Area]]:
    """Return those that each street or community has, and the owners' committees."""
    placed: list[tuple[Type, Area]] = []
    for per in (AreaKind.STREET, AreaKind.COMMUNITY):
        inside: dict[str, list[Area]] = {}
        for grid in land.grids:
            inside.setdefault(land.above(grid.id, per).id, []).append(grid)
        for type_ in types():
            if type_.per is per:
                placed += [(type_, chance.choice(grids)) for grids in inside.values()]
    # One for each compound would be far more than there are.
    compounds: dict[str, Area] = {}
    for grid in land.grids:
        compounds.setdefault(land.compounds[grid.id].id, grid)
    with_committee = chance.sample(list(compounds.values()), math.ceil(_SHARE_WITH_COMMITTEE * len(compounds)))
    placed += [(type_, grid) for type_ in types() if type_.per is AreaKind.COMPOUND for grid in with_committee]
    return placed


def _name(chance: Random, type_: Type, land: Land, grid: Area, taken: set[str]) -> str:
    place = short_name(land.above(grid.id, AreaKind.COMMUNITY)).removesuffix("社区")
    street = land.above(grid.id, AreaKind.STREET).name
    compound = land.compounds[grid.id].name
    for attempt in range(1000):
        # Once the plain names are used up, the place sets the others apart.
        pattern = chance.choice(type_.names)
        if attempt > len(WORDS) and "{place}" not in pattern:
            pattern = "{place}" + pattern
        name = pattern.format(place=place, word=chance.choice(WORDS), street=street, compound=compound)
        if name not in taken:
            taken.add(name)
            return name
    raise ValueError(f"no name is left for another {type_.names[0]}; names.py needs more WORDS")


def _assets(chance: Random, organisation: Organisation, type_: Type, street: Area, today: date) -> list[Resource]:
    resources = []
    for number, asset in enumerate(type_.assets, 1):
        if chance.random() >= asset.chance:
            continue
        resources.append(
            Resource(
                id=natural_id(CITY, "asset", organisation.id, number),
                provider=organisation.id,
                provider_kind=ProviderKind.ORGANISATION,
                title=asset.title,
                provides=tuple(skilled.provided(chance, today) for skilled in asset.provides),
                capacity=between(chance, asset.capacity),
                period=asset.period,
                windows=HOURS[asset.hours].windows,
                reaches=(street.id,) if chance.random() < asset.wide else (),
                conditions=_conditions(chance, asset),
            )
        )
    return resources


def _conditions(chance: Random, asset: Asset) -> str | None:
    kind = vocabulary().capabilities[asset.provides[0].capability].kind
    if (kind, asset.period) not in _CONDITIONS or chance.random() >= _SHARE_WITH_CONDITIONS:
        return None
    return chance.choice(_CONDITIONS[kind, asset.period])
