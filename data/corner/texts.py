"""How shops write: a title and a description an item, in Chinese or English."""

from __future__ import annotations

import numpy as np

from data.corner.kinds import GRADES, Kind

_GRADE_WORDS: dict[str, tuple[str, ...]] = {
    "clearance": ("临期", "尾货", "清仓"),
    "ordinary": ("新鲜", "现货", "热卖"),
    "premium": ("特级", "精选", "头等"),
}
_TASTE_TAGS: dict[str, str] = {
    "kids": "宝宝",
    "light": "轻食",
    "party": "聚会",
    "sweet": "甜蜜",
    "home": "家常",
    "western": "西餐",
    "spicy": "火锅",
    "sea": "海味",
}
_SELLING: tuple[str, ...] = (
    "坏单包赔",
    "满减优惠中",
    "半小时送达",
    "下单即发",
    "品质保证",
    "回头客超多",
    "今日特价",
    "欢迎品尝",
    "量大从优",
    "放心购买",
    "门店自营",
    "数量有限",
)
_SHOP_WORDS = ("小店", "鲜铺", "生活馆", "便利店", "百货")
_VAGUE: tuple[str, ...] = (
    "今日特惠 限时抢购",
    "店铺爆款 手慢无",
    "新品上架 欢迎选购",
    "超值好物 人气推荐",
    "老板推荐 必买好货",
    "秒杀专区 先到先得",
    "福利商品 每人一份",
    "镇店之宝 好评如潮",
)
_VAGUE_ENGLISH: tuple[str, ...] = (
    "special offer of the day",
    "best seller, be quick",
    "new arrival, welcome",
    "great value, loved by many",
    "the owner's favourite",
    "flash sale, first come first served",
    "treat of the week",
    "pride of our shop",
)
_TASTE_WORDS: dict[str, tuple[str, ...]] = {
    "kids": ("宝宝爱吃", "儿童营养", "孩子放学加餐", "给娃囤货"),
    "light": ("低卡轻食", "健身人群首选", "减脂期放心吃", "清淡无负担"),
    "party": ("聚会必备", "追剧撸串搭档", "朋友小聚", "看球好伴侣"),
    "sweet": ("甜到心里", "甜品控最爱", "香甜可口", "下午茶甜蜜时光"),
    "home": ("家常味道", "妈妈的做法", "炖煮都香", "一家人的饭桌"),
    "western": ("西餐厅风味", "在家做西餐", "异国情调", "搭配红酒沙拉"),
    "spicy": ("火锅绝配", "麻辣鲜香", "无辣不欢", "涮锅必点"),
    "sea": ("日料风味", "海味鲜美", "蘸料一绝", "鲜掉眉毛"),
}
_WARMTH_WORDS: dict[int, tuple[str, ...]] = {
    -1: ("清凉解暑", "冰镇更好", "夏日清爽"),
    0: ("四季皆宜", "口感刚好", "老少皆宜"),
    1: ("暖胃驱寒", "天冷来一份", "热乎乎更香"),
}
_MEAL_WORDS: dict[str, tuple[str, ...]] = {
    "breakfast": ("早餐搭档", "开启元气早晨"),
    "main": ("正餐好菜", "下饭首选"),
    "snack": ("夜宵解馋", "闲时零嘴"),
}
_GRADE_ENGLISH: dict[str, tuple[str, ...]] = {
    "clearance": ("clearance", "last chance", "near date"),
    "ordinary": ("fresh", "local", "daily"),
    "premium": ("premium", "finest", "selected"),
}
_TASTE_TAGS_ENGLISH: dict[str, str] = {
    "kids": "kids",
    "light": "fitness",
    "party": "party",
    "sweet": "treat",
    "home": "family",
    "western": "bistro",
    "spicy": "hotpot",
    "sea": "seaside",
}
_SELLING_ENGLISH: tuple[str, ...] = (
    "delivered in 30 minutes",
    "money back if spoilt",
    "quality guaranteed",
    "today only",
    "customers come back for it",
    "limited stock",
    "more is cheaper",
    "from our own shelves",
)
_TASTE_ENGLISH: dict[str, tuple[str, ...]] = {
    "kids": ("children love it", "good for little ones"),
    "light": ("low in calories", "fitness choice"),
    "party": ("for your party", "best with friends"),
    "sweet": ("sweet treat", "for a sweet tooth"),
    "home": ("home cooking", "just like mother's stew"),
    "western": ("bistro style", "western dinner at home"),
    "spicy": ("perfect for hot pot", "goes with spicy dishes"),
    "sea": ("taste of the sea", "japanese style"),
}
_WARMTH_ENGLISH: dict[int, tuple[str, ...]] = {
    -1: ("cooling", "serve chilled"),
    0: ("all year round",),
    1: ("warming", "for cold days"),
}
_MEAL_ENGLISH: dict[str, tuple[str, ...]] = {
    "breakfast": ("breakfast",),
    "main": ("main meal",),
    "snack": ("late snack",),
}


def weight_text(grams: int, language: str, generator: np.random.Generator) -> str:
    """A weight as shops print it: 500g, 1kg, 1公斤 or 2斤."""
    jin = grams / 500
    forms = [f"{grams}g"] if grams < 1000 else [f"{grams / 1000:g}kg"]
    if language == "zh" and jin == int(jin):
        forms += [f"{int(jin)}斤装", f"{grams / 1000:g}公斤"]
    return _pick(forms, generator)


def title(kind: Kind, grade: int, grams: int, language: str, generator: np.random.Generator) -> str:
    """A title that names the kind, by its everyday name or a synonym, mostly its grade and whom it is for."""
    english = language == "en"
    weight = weight_text(grams, language, generator)
    words = (_GRADE_ENGLISH if english else _GRADE_WORDS)[GRADES[grade]]
    word = _pick(words, generator) if generator.random() < 0.85 else ""
    tag = (_TASTE_TAGS_ENGLISH if english else _TASTE_TAGS)[kind.taste] if generator.random() < 0.7 else ""
    if english:
        return " ".join(part for part in (word, tag, kind.english, weight) if part)
    name = kind.chinese if generator.random() < 0.85 else _pick(kind.synonyms, generator)
    variety = _pick(kind.varieties, generator) if generator.random() < 0.25 else ""
    orders = (
        f"{word}{tag}{variety}{name} {weight}",
        f"{tag}{variety}{name} {word} {weight}",
        f"{word} {variety}{name} {tag}",
    )
    return _pick(orders, generator).strip()


def description(kind: Kind, language: str, generator: np.random.Generator) -> str:
    """Two or three phrases: what the food is good for, sometimes its name again, and a selling word."""
    english = language == "en"
    about = (
        (_TASTE_ENGLISH if english else _TASTE_WORDS)[kind.taste],
        (_WARMTH_ENGLISH if english else _WARMTH_WORDS)[kind.warmth],
        (_MEAL_ENGLISH if english else _MEAL_WORDS)[kind.meal],
    )
    names = (kind.english,) if english else (kind.chinese, *kind.synonyms)
    selling, comma, end = (_SELLING_ENGLISH, ", ", ".") if english else (_SELLING, "，", "。")
    phrases = [
        _pick(words, generator)
        for words, share in zip(about, (0.6, 0.5, 0.4), strict=True)
        if generator.random() < share
    ]
    if generator.random() < 0.4:
        phrases.append(_pick(names, generator))
    generator.shuffle(phrases)
    return comma.join([*phrases[:2], _pick(selling, generator)]) + end


def vague_title(language: str, generator: np.random.Generator) -> str:
    """A title that could stand over anything."""
    return _pick(_VAGUE if language == "zh" else _VAGUE_ENGLISH, generator)


def shop_names(count: int, language: str, generator: np.random.Generator) -> list[str]:
    """Names of shops, all different."""
    if language == "en":
        return [f"shop {number + 1}" for number in range(count)]
    first = "福惠鲜佳禾丰乐顺康美泰和兴源"
    second = "家邻园源达客隆润民邦"
    pairs = [a + b for a in first for b in second if a != b]
    chosen = [pairs[number % len(pairs)] for number in generator.permutation(max(count, len(pairs)))[:count]]
    suffix = ["" if number < len(pairs) else str(number // len(pairs) + 1) for number in range(count)]
    return [f"{name}{_pick(_SHOP_WORDS, generator)}{more}" for name, more in zip(chosen, suffix, strict=True)]


def _pick(words: tuple[str, ...] | list[str], generator: np.random.Generator) -> str:
    return words[int(generator.integers(len(words)))]
