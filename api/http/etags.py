"""ETags: who changes something says which state of it they have seen."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from graph.model.refusals import Refusal
from matching.errors import InvalidInput

_ETAG = re.compile(r'"(\d{1,18})"')


class EtagMissing(Refusal):
    """A change needs an If-Match with the ETag that was read."""

    code = "etag_missing"


def set_etag(response: Response, rev: int) -> None:
    """Put the ETag of a thing's `rev` on an answer."""
    response.headers["ETag"] = f'"{rev}"'


def _rev(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", max_length=40, description="The ETag as it was read.", examples=['"3"']),
    ] = None,
) -> int:
    if if_match is None:
        raise EtagMissing("say which state you have seen: send If-Match with the ETag of the answer that you read")
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise InvalidInput(("If-Match", 'give the ETag as it came, such as "3"'))
    return int(found[1])


RevDep = Annotated[int, Depends(_rev)]
"""The `rev` that the caller has seen; its absence is refused with 428."""
