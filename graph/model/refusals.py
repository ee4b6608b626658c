"""The one way to say no."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """Something that can't be done, said so that somebody can act on it.

    Parameters
    ----------
    detail
        What happened, to what, and what to do. Never holds personal data.
    **more
        Facts for programs, such as the field or the next best.
    """

    code = "refused"

    def __init__(self, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.more = more
