"""Areas and capabilities by the words that people write for them."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from graph.model.areas import Area
from graph.model.needs import Required
from graph.model.resources import Provided
from matching.use_cases.lookups import Places
from seeds.tables.cells import SEPARATORS, Cell, day, day_words, joined, parts, plain

_OFFICES = ("居民委员会", "村民委员会", "居委会", "村委会", "办事处")
_SHOWN = 3  # of several areas of one name
_LEVEL = re.compile(r"([1-5])级?")
_REQUIRED_LEVEL = Required("").level
_PROVIDED_LEVEL = Provided("").level


class Known:
    """What rows refer to by name: read from the store once, then looked up in memory."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._areas = places.areas
        self._by_code = {area.code: area.id for area in self._areas.values() if area.code}
        self._aliases = {i: frozenset(self._names(area)) for i, area in self._areas.items()}
        self._by_alias: dict[str, list[str]] = defaultdict(list)
        for i, aliases in self._aliases.items():
            for alias in aliases:
                self._by_alias[alias].append(i)
        self._found: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._capabilities: dict[str, list[str]] = defaultdict(list)
        for capability in places.capabilities.values():
            for word in {_folded(capability.id), _folded(capability.name)}:
                self._capabilities[word].append(capability.id)

    # ── areas ────────────────────────────────────────────────────────────────────────────────────────────────

    def area(self, cell: Cell) -> str:
        """Return the id of an area by its path of names, such as 桃园街道/光明社区/第3网格, its code or its id.

        Steps of the path may be left out as long as it means one area only.

        Raises
        ------
        ValueError
            There is none, or there are several.
        """
        words = plain(cell)
        if words not in self._found:
            self._found[words] = self._look_up(words)
        return self._found[words]

    def _look_up(self, words: str) -> str:
        if words in self._areas:
            return words
        if words in self._by_code:
            return self._by_code[words]
        *above, last = [_folded(step) for step in re.split(r"[/\\>]", words) if step.strip()] or [""]
        fits = [i for i in self._by_alias.get(last, ()) if self._lies_below(i, above)]
        # The same name elsewhere in the city is not meant.
        fits = [i for i in fits if i in self.places.inside] or fits
        if len(fits) == 1:
            return fits[0]
        if not fits:
            raise ValueError("no such area; write its path such as 桃园街道/光明社区/第3网格, or its official code")
        some = "、".join(sorted(self.area_words(i) for i in fits)[:_SHOWN])
        raise ValueError(f"stands for {len(fits)} areas ({some}…); write more of the path")

    def area_words(self, area: str) -> str:
        """Return an area's path of names below the city; its id where the path would not find it again."""
        if area not in self._paths:
            names = [above.name for above in reversed(list(self._upwards(area)))]
            path = "/".join(names[1:] or names)
            try:
                self._paths[area] = path if self._exact(path) == area else area
            except ValueError:
                self._paths[area] = area
        return self._paths[area]

    def _exact(self, path: str) -> str | None:
        *above, last = [_folded(step) for step in path.split("/")]
        fits = [i for i in self._by_alias.get(last, ()) if self._lies_below(i, above)]
        return fits[0] if len(fits) == 1 else None

    def _upwards(self, area: str) -> Iterator[Area]:
        here = self._areas.get(area)
        while here is not None:
            yield here
            here = self._areas.get(here.parent or "")

    def _names(self, area: Area) -> Iterator[str]:
        """Yield what an area is called: by its office, without it, without the community's name before it."""
        name = _folded(area.name)
        yield name
        yield _without_office(name)
        for above in self._upwards(area.parent or ""):
            rest = name.removeprefix(_without_office(_folded(above.name)))
            if rest:
                yield rest

    def _lies_below(self, area: str, above: list[str]) -> bool:
        upwards = self._upwards(self._areas[area].parent or "")
        return all(any(step in self._aliases[up.id] for up in upwards) for step in reversed(above))

    # ── capabilities ─────────────────────────────────────────────────────────────────────────────────────────

    def requires(self, cell: Cell) -> tuple[Required, ...]:
        """Return what a need requires: 水电维修 or 水电维修:3 with a level, several between 、."""
        found = []
        for part in parts(cell):
            words, *more = part.split(":")
            if len(more) > 1:
                raise ValueError("write a capability with its level, such as 水电维修:3")
            found.append(Required(self._capability(words), _level(more[0]) if more else _REQUIRED_LEVEL))
        _once([one.capability for one in found])
        return tuple(sorted(found, key=lambda one: one.capability))

    def provides(self, cell: Cell) -> tuple[Provided, ...]:
        """Return what a resource provides: 电工维修:4:2027-01-01 with its level and its certificate's last day."""
        found = []
        for part in parts(cell):
            words, *more = part.split(":")
            if len(more) > 2:
                raise ValueError("write a capability, its level and its certificate's last day: 电工维修:4:2027-01-01")
            until: date | None = day(more[1]) if len(more) == 2 else None
            found.append(Provided(self._capability(words), _level(more[0]) if more else _PROVIDED_LEVEL, until))
        _once([one.capability for one in found])
        return tuple(sorted(found, key=lambda one: one.capability))

    def _capability(self, words: str) -> str:
        fits = self._capabilities.get(_folded(words), ())
        if not fits:
            raise ValueError("no such capability; the template's second sheet lists them")
        if len(fits) > 1:
            raise ValueError(f"stands for several capabilities; write one of {', '.join(sorted(fits))}")
        return fits[0]

    def capability_words(self, capability: str) -> str:
        """Return a capability's name; its id where the name would not find it again."""
        name = self.places.capabilities[capability].name
        clear = not set(unicodedata.normalize("NFKC", name)) & set(f"{SEPARATORS}:")
        return name if clear and self._capabilities[_folded(name)] == [capability] else capability

    def requires_words(self, requires: tuple[Required, ...]) -> str:
        """Return what a need requires as it is written out."""
        return joined(
            self.capability_words(one.capability) + (f":{one.level}" if one.level != _REQUIRED_LEVEL else "")
            for one in requires
        )

    def provides_words(self, provides: tuple[Provided, ...]) -> str:
        """Return what a resource provides as it is written out."""
        return joined(
            f"{self.capability_words(one.capability)}:{one.level}"
            + (f":{day_words(one.certificate_until)}" if one.certificate_until else "")
            for one in provides
        )


def _level(words: str) -> int:
    found = _LEVEL.fullmatch(words.strip())
    if found is None:
        raise ValueError("a level is 1 to 5")
    return int(found[1])


def _once(capabilities: list[str]) -> None:
    if len(set(capabilities)) < len(capabilities):
        raise ValueError("names a capability twice")


def _folded(words: str) -> str:
    return unicodedata.normalize("NFKC", words).strip().casefold()


def _without_office(name: str) -> str:
    for office in _OFFICES:
        name = name.removesuffix(office)
    return name
