"""Why a need is not served: the two closed lists of codes, in words.

Those of `candidates.Rule` come from the graph, in its order; the others from the optimizer.
"""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    "no_capability": ("nobody lists what it asks for", "没有人登记这项能力或物资"),
    "level_or_certificate": ("the skill is too low, or the certificate has run out", "技能等级不够,或证书已过期"),
    "out_of_reach": ("everybody who could is too far away", "能做的都离得太远"),
    "no_common_time": ("no time suits both sides", "双方时间对不上"),
    "not_verified": ("a vulnerable resident's home needs a verified provider", "重点对象家中只能派已核实的人"),
    "all_declined": ("everybody who could has declined", "能做的都已谢绝"),
    "ruled_out": ("everybody who could is ruled out for them", "能做的都不宜安排"),
    "paused": ("everybody who could gets no offers for the time being", "能做的都在暂停接单"),
    "kept_back": ("what is left is kept for what is urgent by day", "余量留给白天的急事"),
    "limit": ("all who could are at it already, and it is not enough", "能做的都已派上,数量仍不够"),
    "outbid": ("all who could serve needs of higher urgency", "能做的都在办更急的事"),
    "floor": ("who could serve what an area is to get at the least", "能做的先用于区域的最低保障"),
    "pool": ("the month's quota of those who could is used up", "能做的单位或街道本月额度已用完"),
    "conflict": (
        "all who could are with somebody else then, or serve a need that is kept apart from this one",
        "能做的当时已另有安排,或已承担须分开办理的需求",
    ),
    "group": (
        "it goes together with another need that can't be served as well",
        "须与另一需求一并办理,而两者无法同时安排",
    ),
    "undecided": ("the time was over before it was decided", "时间已到,尚未排定"),
    "capacity": ("all who could are fully taken, also by needs as urgent", "能做的都已排满"),
}
"""Code → (English, Chinese); docs/reference.md lists the same, and a test compares them."""
