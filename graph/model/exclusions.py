"""Who is not to serve whom (不宜安排), and which needs do not go to one provider."""

from __future__ import annotations

from dataclasses import dataclass

from graph.model.assignments import Side


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A provider that is not to serve a need.

    Parameters
    ----------
    side
        Who said so: `community` for the resident, or the provider itself.
    always
        For whatever the need's resident or household needs, not for this need alone.
    """

    provider: str
    side: Side = Side.COMMUNITY
    always: bool = False


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What stands against some providers for a need.

    Parameters
    ----------
    id
        The need's.
    providers
        That are ruled out for it.
    needs
        That do not go to whoever serves this one.
    """

    id: str
    providers: tuple[RuledOut, ...] = ()
    needs: tuple[str, ...] = ()
