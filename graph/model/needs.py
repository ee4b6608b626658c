"""Needs (需求): what is asked."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from graph.model.times import Windows


class NeedKind(StrEnum):
    """Which way a need goes."""

    NEED = "need"
    WISH = "wish"  # 微心愿
    POST = "post"  # 服务岗位
    PROJECT = "project"  # 共建项目
    CALL = "call"  # 吹哨
    VISIT = "visit"  # 探亲
    GROUP_ORDER = "group_order"  # 活动


class NeedState(StrEnum):
    """Stored states; how much is offered or assigned is counted, never a state."""

    DRAFT = "draft"
    OPEN = "open"
    WAITING = "waiting"
    EXPLAINED = "explained"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    MERGED = "merged"


class Urgency(StrEnum):
    """How fast (轻重缓急)."""

    AT_ONCE = "at_once"  # 立刻办理
    BY_DATE = "by_date"  # 定期办理
    LONG_TERM = "long_term"  # 解释并长期推进


class Field(StrEnum):
    """What it is about: the four fields of triage and nine service classes.

    The sources name nine classes of service but spell out only elder care, employment and social
    security; the other six are ours.
    """

    CITY_CONSTRUCTION = "city_construction"  # 城市建设
    HOUSING = "housing"  # 住房保障
    MUNICIPAL = "municipal"  # 市政管理
    TRANSPORT = "transport"  # 交通出行
    ELDER_CARE = "elder_care"  # 养老
    EMPLOYMENT = "employment"  # 就业
    SOCIAL_SECURITY = "social_security"  # 社保
    MEDICAL = "medical"  # 医疗
    EDUCATION = "education"  # 教育
    ASSISTANCE = "assistance"  # 救助
    DISABILITY = "disability"  # 助残
    LEGAL = "legal"  # 法律
    CULTURE = "culture"  # 文体


class Channel(StrEnum):
    """How the need came in."""

    DOOR = "door"
    PHONE = "phone"
    WECHAT = "wechat"
    HALL = "hall"
    MINI_PROGRAM = "mini_program"
    TERMINAL = "terminal"
    HOTLINE = "hotline_12345"


@dataclass(frozen=True, slots=True)
class Required:
    """One capability a need asks for, at this level or above (1 to 5)."""

    capability: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Need:
    """What is asked.

    Parameters
    ----------
    title
        The public card's words, without names.
    quantity
        Units wanted, ≥ 1.
    requires
        All of them, from the same provider.
    person, household, place
        The resident, the household or the area it is for, at most one of them; none where it is for the public.
    raised_by, raised_by_organisation
        The person or the organisation that asked, at most one of them; none where it is the subject itself.
    group
        Needs of one group are served together (an electrician and a nurse), or none of them is.
    at_home
        It is served in a resident's home.
    duration
        Minutes a unit takes; 0 where it does not matter.
    windows
        When it suits; None is any time.
    appointed
        When each unit begins, where that is agreed on; it then lasts `duration` minutes, and the windows do not count.
    rev, terms
        `rev` counts every write, `terms` only edits that change what may be matched.
    reserved, taken
        Units in live offers; units in accepted assignments.
    delivered
        Units of those that have been done.
    text
        The full words: personal, encrypted in the store, read only by `Needs.text`; None on what the
        store returns, and left out of `repr`.
    """

    id: str
    title: str
    area: str
    requires: tuple[Required, ...]
    kind: NeedKind = NeedKind.NEED
    urgency: Urgency = Urgency.BY_DATE
    field: Field = Field.ASSISTANCE
    channel: Channel = Channel.DOOR
    quantity: int = 1
    person: str | None = None
    household: str | None = None
    place: str | None = None
    raised_by: str | None = None
    raised_by_organisation: str | None = None
    group: str | None = None
    at_home: bool = False
    duration: int = 0
    windows: Windows = None
    appointed: datetime | None = None
    due: datetime | None = None
    raised_at: datetime | None = None
    state: NeedState = NeedState.OPEN
    reserved: int = 0
    taken: int = 0
    delivered: int = 0
    rev: int = 1
    terms: int = 1
    text: str | None = dataclasses.field(default=None, repr=False)

    @property
    def free(self) -> int:
        """Units that nobody has offered or accepted yet."""
        return self.quantity - self.reserved - self.taken
