"""Made-up names: of people, compounds and organisations. Any likeness to real ones is chance."""

from __future__ import annotations

from itertools import accumulate
from random import Random


def _words(*lines: str) -> tuple[str, ...]:
    return tuple(word for line in lines for word in line.split())


SURNAMES = tuple(
    "王李张刘陈杨赵黄周吴徐孙胡朱郭何罗宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范石姚谭廖邹熊陆郝孔崔邱秦史顾侯邵孟龙段雷钱汤尹黎易常武乔贺赖龚樊惠"
)
_WEIGHTS = list(accumulate(1 / (rank + 4) for rank in range(len(SURNAMES))))

# By generation: those born before 1965, before 1990, and since.
GIVEN = (
    _words(
        "秀英 桂兰 玉珍 淑芬 桂芳 玉兰 凤英 秀兰 淑珍 桂英 玉梅 春兰 秀珍 翠花 彩霞 素琴 惠芳 建国 国强 志明",
        "德福 长生 永贵 福生 兴民 保民 满仓 根旺 忠义 树林 振华 宏斌 西平 铜生 耀民 宝柱 万才 世杰 明德 文彬",
    ),
    _words(
        "建军 志强 丽娟 晓燕 红梅 海燕 小军 文娟 亚军 永刚 丽萍 艳丽 爱玲 军锋 卫东 雪梅 莉娜 鹏飞 晓峰 亚楠",
        "伟刚 彦斌 小莉 宏伟 海涛 春燕 丽君 永辉 国栋 晓东 娟娟 超群 少华 亚妮 巧玲 新民 战军 会玲 东升 康宁",
    ),
    _words(
        "子涵 宇轩 欣怡 梓萱 浩然 雨桐 思远 佳怡 嘉豪 诗涵 一诺 俊杰 梦瑶 晨曦 博文 雅婷 天佑 可馨 明轩 若曦",
        "铭泽 语嫣 皓轩 紫萱 鑫磊 静怡 家乐 奕辰 文昊 心悦",
    ),
)

COMPOUNDS = _words(
    "锦绣苑 和谐家园 兴盛小区 桃李苑 安康里 向阳小区 康乐苑 福临家园 翠竹园 育英小区 幸福里 金秋苑 朝霞小区",
    "祥和园 瑞丰家园 北苑小区 丽景园 同心小区 惠民苑 春晖家园 平安里 文苑小区 长乐坊 鸿福苑 青松小区 梧桐里",
    "银杏苑 百合家园",
)

WORDS = _words(
    "晨光 和润 仁泽 同心 惠家 瑞祥 安泰 诚达 佳美 福满 宏远 明德 永兴 康健 乐邻 万家 金穗 启航 博雅 春风",
    "百姓 恒信 汇民 益民 晴川 暖阳 新禾 众合 嘉禾 顺和 德馨 广源 立信 锦程 华宁 宝顺 天泽 聚福 祥瑞 家和",
)
"""What an organisation's name begins with."""


def family_name(chance: Random) -> str:
    """Return a surname, common ones more often."""
    return chance.choices(SURNAMES, cum_weights=_WEIGHTS)[0]


def given_name(chance: Random, birth_year: int) -> str:
    """Return a given name in the taste of the years."""
    return chance.choice(GIVEN[0 if birth_year < 1965 else 1 if birth_year < 1990 else 2])
