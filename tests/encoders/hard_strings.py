"""Fifty texts that tokenizers stumble over."""

from __future__ import annotations

HARD_STRINGS: tuple[str | bytes, ...] = (
    "",
    " ",
    "\t\n\r  ",
    "\u3000",  # ideographic space
    "红富士苹果",
    "紅富士蘋果",  # traditional
    "臺灣鳳梨 vs 台湾凤梨",
    "新鲜 脆甜，产地直发！",
    "ＡＢＣ１２３",  # full-width Latin and digits
    "Ｆｒｅｓｈ　Ａｐｐｌｅ",
    "（全角）〈標點〉「引号」、。！？；：",
    "５００ｇ装",
    "500g",
    "1.5kg×2袋",
    "3–5℃ 冷藏",
    "净含量:250ml*12瓶",
    "¥19.90/500g",
    "12²³ m² ½",
    "Ⅳ ⅷ ① ㊙ ㎏",
    "100%",
    "Fresh APPLES",
    "iPhone15ProMax保护壳",
    "T恤XL码",
    "A4纸70g500张",
    "C++ & C#",
    "naïve café Ångström",
    "cafe\u0301 A\u030angstro\u0308m",  # combining marks
    "İstanbul ıI",
    "Straße ẞ",
    "ΑΩ αω Жж",
    "日本語のテキスト ひらがな カタカナ ｶﾀｶﾅ",
    "한국어 텍스트",
    "ภาษาไทย",
    "مرحبا بالعالم",
    "नमस्ते",
    "🍎🍏",
    "苹果🍎500g👍🏽",
    "👨‍👩‍👧‍👦 🇨🇳",
    "𠮷野家 𪚥",  # beyond the basic plane
    "a\u200bb\u200dc\ufeffd",  # zero-width characters
    "soft\u00adhyphen no\u00a0break",
    "a\x00b\x07c\x1fd\x7fe",  # control characters
    "\x85\u2028\u2029 x",  # line separators
    "a\u2028b 红\u2028士",
    "[CLS] [SEP] [MASK] [PAD] [UNK]",
    "##apple # # ##",
    "http://example.com/a?b=c&d=%20",
    b"\xff\xfe\xc3\x28 apple \xe7\xba",  # not UTF-8
    "a" * 10_000,
    "红富士 apple 500g, " * 600 + "\ue000\ufffd",
)
