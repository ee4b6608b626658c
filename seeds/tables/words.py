"""The Chinese words of the codes, as tables hold them; the first of each is written out."""

from __future__ import annotations

from graph.model.needs import Channel, Field, NeedKind, NeedState, Urgency
from graph.model.people import OrganisationKind
from graph.model.resources import ProviderKind, ResourceState
from graph.model.times import Period

NEED_KINDS = {
    NeedKind.NEED: ("需求", "一般需求"),
    NeedKind.WISH: ("微心愿", "心愿"),
    NeedKind.POST: ("服务岗位", "岗位"),
    NeedKind.PROJECT: ("共建项目", "项目"),
    NeedKind.CALL: ("吹哨",),
    NeedKind.VISIT: ("探亲", "走访"),
    NeedKind.GROUP_ORDER: ("活动", "团购"),
}
NEED_STATES = {
    NeedState.DRAFT: ("草稿",),
    NeedState.OPEN: ("待办", "受理中"),
    NeedState.WAITING: ("等待居民",),
    NeedState.EXPLAINED: ("已解释",),
    NeedState.CLOSED: ("已办结",),
    NeedState.CANCELLED: ("已取消",),
    NeedState.MERGED: ("已合并",),
}
URGENCIES = {
    Urgency.AT_ONCE: ("立刻办理", "立即办理", "紧急", "急"),
    Urgency.BY_DATE: ("定期办理", "限期办理", "一般", "普通"),
    Urgency.LONG_TERM: ("解释并长期推进", "长期推进", "长期"),
}
FIELDS = {
    Field.CITY_CONSTRUCTION: ("城市建设",),
    Field.HOUSING: ("住房保障", "住房"),
    Field.MUNICIPAL: ("市政管理", "市政"),
    Field.TRANSPORT: ("交通出行", "交通"),
    Field.ELDER_CARE: ("养老", "养老服务"),
    Field.EMPLOYMENT: ("就业",),
    Field.SOCIAL_SECURITY: ("社保", "社会保障"),
    Field.MEDICAL: ("医疗", "医疗卫生"),
    Field.EDUCATION: ("教育",),
    Field.ASSISTANCE: ("救助", "社会救助"),
    Field.DISABILITY: ("助残",),
    Field.LEGAL: ("法律", "法律服务"),
    Field.CULTURE: ("文体", "文化体育"),
}
CHANNELS = {
    Channel.DOOR: ("上门", "入户", "走访"),
    Channel.PHONE: ("电话",),
    Channel.WECHAT: ("微信群", "微信"),
    Channel.HALL: ("大厅", "服务大厅"),
    Channel.MINI_PROGRAM: ("小程序",),
    Channel.TERMINAL: ("自助终端", "终端"),
    Channel.HOTLINE: ("12345热线", "12345", "热线"),
}
ORGANISATION_KINDS = {
    OrganisationKind.UNIT: ("驻区单位", "单位"),
    OrganisationKind.DEPARTMENT: ("部门",),
    OrganisationKind.MERCHANT: ("商户", "商家"),
    OrganisationKind.SOCIAL_ORGANISATION: ("社会组织",),
    OrganisationKind.PROPERTY_COMPANY: ("物业", "物业公司"),
    OrganisationKind.OWNERS_COMMITTEE: ("业委会", "业主委员会"),
}
PROVIDER_KINDS = {
    ProviderKind.PERSON: ("个人", "居民", "志愿者"),
    ProviderKind.ORGANISATION: ("单位", "组织", "商户"),
    ProviderKind.TEAM: ("服务队", "志愿服务队"),
}
RESOURCE_STATES = {ResourceState.LISTED: ("上架",), ResourceState.WITHDRAWN: ("下架",)}
PERIODS: dict[Period, tuple[str, ...]] = {
    Period.WEEK: ("每周", "周"),
    Period.MONTH: ("每月", "月"),
    Period.ONCE: ("一次", "一次性"),
}
