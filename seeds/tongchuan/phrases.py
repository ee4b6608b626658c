"""The words around a need: how it came in, who asks, what the staff noted, by when."""

from __future__ import annotations

from random import Random

from graph.model.needs import Channel, Urgency
from graph.model.people import FocusKind

CHANNELS = {
    Channel.DOOR: 0.34,
    Channel.PHONE: 0.22,
    Channel.WECHAT: 0.15,
    Channel.HALL: 0.10,
    Channel.MINI_PROGRAM: 0.08,
    Channel.TERMINAL: 0.03,
    Channel.HOTLINE: 0.08,
}
"""How often a need comes in which way."""

OPENINGS = {
    Channel.DOOR: (
        "网格员入户走访{address},{who}说:",
        "走访{address}时得知,{who}家有困难:",
        "楼长到{address}看望{who},了解到:",
        "探亲记录:{address},{who}。",
        "上门发通知时,{address}的{who}说起:",
        "在楼下碰见{who},家住{address},说:",
        "入户记录,{address},{who}:",
    ),
    Channel.PHONE: (
        "{who}来电,住{address}:",
        "{address}的{who}打电话到社区:",
        "接到{address}{who}的电话,反映:",
        "电话记录:{who},{address}。",
        "回拨未接来电,是{address}的{who},说:",
    ),
    Channel.WECHAT: (
        "{who}在{building}微信群里留言,家住{address}:",
        "楼栋群接龙,{address},{who}:",
        "{who}微信私信网格员,住{address}:",
        "{who}发来几段语音,住{address},大意是:",
        "{building}群里@网格员,{who},{address}:",
    ),
    Channel.HALL: (
        "{who}到社区大厅登记,住{address}:",
        "大厅窗口受理,{address},{who}:",
        "{who}来大厅办事时提到,家住{address}:",
    ),
    Channel.MINI_PROGRAM: (
        "小程序上报事件,{address}{who}:",
        "{address}{who}通过小程序点单:",
        "小程序订单,{who},{address}:",
    ),
    Channel.TERMINAL: ("自助终端登记,{who},{address}:", "终端留言,{address},{who}:"),
    Channel.HOTLINE: (
        "12345转办,{address}居民{who}来电:",
        "12345工单:{who},住{address}。",
        "12345派单,来电人{who},地址{address},诉求:",
    ),
}
PUBLIC_OPENINGS = {
    Channel.DOOR: ("网格员巡查发现,", "楼长反映,", "议事会上居民提出,", "民情信息员报来:"),
    Channel.PHONE: ("居民来电反映,", "有住户给社区打电话说,", "电话记录,来电人没留姓名:"),
    Channel.WECHAT: ("网格微信群里多位居民反映,", "业主群留言:", "楼栋群里有人发来照片:"),
    Channel.HALL: ("居民代表到大厅反映,", "几位住户一起到大厅反映,"),
    Channel.MINI_PROGRAM: ("小程序上报:", "居民随手拍上报:"),
    Channel.TERMINAL: ("自助终端留言:",),
    Channel.HOTLINE: ("12345转办,市民来电反映,", "12345工单:", "12345派单,来电人要求保密,诉求:"),
}
GRID_OPENINGS = ("网格摸底:", "网格员汇总:", "社区例会登记:", "楼长会商量,", "党建联席会前收集:", "网格党支部提出:")
NOTES = {
    FocusKind.ADVANCED_AGE: ("(高龄老人户)", "(八十岁以上,重点关爱)"),
    FocusKind.ALONE: ("(独居老人,子女不在身边)", "(孤寡老人,每周探访对象)"),
    FocusKind.BEDRIDDEN: ("(家中有人长期卧床)", "(卧床病人户)"),
    FocusKind.SINGLE_PARENT: ("(单亲家庭)", "(一个人带孩子)"),
    FocusKind.LEFT_BEHIND: ("(孩子父母在外务工)", "(留守儿童家庭)"),
    FocusKind.LOW_INCOME: ("(低保户)", "(低收入家庭)"),
    FocusKind.PARTY_MEMBER_IN_NEED: ("(困难党员)", "(老党员,生活困难)"),
}
SINCE = {
    Urgency.AT_ONCE: ("今天早上", "昨天夜里", "昨晚", "今天凌晨"),
    Urgency.BY_DATE: ("这两天", "前天", "大前天", "上个星期"),
    Urgency.LONG_TERM: ("这个月", "这一阵子", "最近", "两个月来"),
}
SINCE_LONG = ("三四天了", "一个多星期", "半个月", "快一个月")
_CLOSINGS = {
    Urgency.AT_ONCE: ("比较急,请今天就安排。", "麻烦尽快,等着用。", "情况急,请马上联系。"),
    Urgency.BY_DATE: (
        "希望{date}前能办好。",
        "最晚{date}。",
        "{date}以前都行。",
        "想在{date}之前解决。",
        "能赶在{date}前最好。",
        "",
    ),
    Urgency.LONG_TERM: ("不着急,能长期有人管最好。", "可以慢慢来。", "知道不好办,先登记上。", ""),
}
_WHEN = ("时间最好是{hours}。", "{hours}合适。", "想约{hours}。", "{hours}方便。")
_WHEN_AT_HOME = ("{hours}家里有人。", "{hours}方便上门。", "上门时间最好是{hours}。")


def called(chance: Random, name: str, age: int) -> str:
    """Return how a person is spoken of: 王秀英老人, 李军(46岁)."""
    forms = [f"{name}({age}岁)", name]
    if age >= 65:
        forms.append(f"{name}老人")
    return chance.choice(forms)


def room(chance: Random) -> str:
    """Return a made-up flat: 2单元301室."""
    return f"{chance.randint(1, 3)}单元{chance.randint(1, 6)}0{chance.randint(1, 2)}室"


def when(chance: Random, hours: str, *, at_home: bool) -> str:
    """Return a sentence that says which hours suit; nothing for any time."""
    return chance.choice(_WHEN_AT_HOME if at_home else _WHEN).format(hours=hours) if hours else ""


def closing(chance: Random, urgency: Urgency, date: str) -> str:
    """Return how fast it should go, in words."""
    return chance.choice(_CLOSINGS[urgency]).format(date=date)
