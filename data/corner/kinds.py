"""What the embedded store sells: 66 kinds of food with names, an everyday price and what they truly are."""

from __future__ import annotations

import dataclasses

CATEGORIES = ("fruit", "vegetable", "meat_egg", "dairy_drink", "pantry", "snack_bakery")
TASTES = ("kids", "light", "party", "sweet", "home", "western", "spicy", "sea")  # kinds that the same people like
MEALS = ("breakfast", "main", "snack")
GRADES = ("clearance", "ordinary", "premium")  # of an item, whatever its kind: shops sell all three


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of food.

    Attributes:
      key: stable name of the kind, also of its drawing.
      english, chinese: everyday name.
      synonyms: other Chinese names that shops use.
      varieties: Chinese words in front of the name: variety or make.
      category: the shop's shelf, the coarse field that a model sees.
      taste: one of TASTES; it runs across the categories.
      warmth: -1 cools, 0, 1 warms.
      meal: one of MEALS.
      price: usual price in yuan of the usual weight.
      grams: usual weight.
    """

    key: str
    english: str
    chinese: str
    synonyms: tuple[str, ...]
    varieties: tuple[str, ...]
    category: str
    taste: str
    warmth: int
    meal: str
    price: float
    grams: int


# key | English | Chinese | synonyms | varieties | taste | warmth | meal | price | grams
_TABLE = {
    "fruit": """
apple|apples|苹果|红富士,平安果|烟台,阿克苏,冰糖心|kids|0|breakfast|12|1000
banana|bananas|香蕉|芭蕉,大蕉|海南,云南,菲律宾|light|0|breakfast|8|1000
orange|oranges|橙子|脐橙,甜橙|赣南,伦晚,秭归|kids|1|snack|13|1000
grapes|grapes|葡萄|提子,巨峰|阳光,夏黑,吐鲁番|party|-1|snack|18|500
watermelon|watermelon|西瓜|寒瓜,麒麟瓜|宁夏,8424,沙地|party|-1|snack|20|3000
strawberry|strawberries|草莓|奶莓,士多啤梨|丹东,红颜,九九|sweet|0|snack|26|300
pear|pears|梨|雪梨,香梨|库尔勒,砀山,皇冠|home|1|main|10|1000
pineapple|pineapple|菠萝|凤梨,黄梨|徐闻,金钻,香水|western|-1|main|15|1200
kiwi|kiwi fruit|猕猴桃|奇异果,毛桃|徐香,周至,翠玉|light|-1|breakfast|19|600
cherry|cherries|樱桃|车厘子,大樱桃|智利,美早,山东|sweet|0|snack|39|500
lemon|lemons|柠檬|黄柠,香水柠|安岳,尤力克,四川|sea|-1|main|9|500
blueberry|blueberries|蓝莓|蓝梅果,越橘|怡颗,云南,秘鲁|kids|0|breakfast|22|125
avocado|avocados|牛油果|鳄梨,酪梨|墨西哥,孟连,即食|western|0|breakfast|17|400
""",
    "vegetable": """
carrot|carrots|胡萝卜|红萝卜,甘笋|水果,沙地,厦门|kids|0|main|5|500
tomato|tomatoes|西红柿|番茄,洋柿子|普罗旺斯,沙瓤,草莓|home|0|main|7|500
cucumber|cucumbers|黄瓜|青瓜,刺瓜|水果,荷兰,密刺|light|-1|main|5|500
eggplant|eggplants|茄子|紫茄,矮瓜|长,杭,线|home|0|main|6|500
broccoli|broccoli|西兰花|绿花菜,青花菜|台州,有机,浙江|light|0|main|9|400
corn|corn|玉米|苞谷,棒子|甜糯,水果,云南|kids|1|breakfast|10|800
potato|potatoes|土豆|马铃薯,洋芋|黄心,定西,荷兰|western|1|main|4|1000
chili|chili peppers|辣椒|朝天椒,小米辣|贵州,二荆条,红尖|spicy|1|main|6|250
garlic|garlic|大蒜|蒜头,独蒜|紫皮,金乡,杞县|party|1|snack|5|500
onion|onions|洋葱|圆葱,葱头|紫皮,红皮,西昌|western|0|main|4|500
pumpkin|pumpkin|南瓜|贝贝瓜,倭瓜|板栗,老,蜜本|light|1|breakfast|9|1500
cabbage|Chinese cabbage|大白菜|黄芽白,娃娃菜|胶州,霜打,玉田|spicy|1|main|5|1500
shiitake|shiitake|香菇|冬菇,花菇|庆元,随州,房县|spicy|1|main|11|250
radish|white radish|白萝卜|莱菔,象牙萝卜|潍县,沙窝,牛奶|home|1|main|4|1000
lotus_root|lotus root|莲藕|藕节,粉藕|洪湖,九孔,荷塘|spicy|-1|main|10|750
""",
    "meat_egg": """
egg|eggs|鸡蛋|土鸡蛋,鲜蛋|散养,谷物,初生|light|0|breakfast|14|600
fish|whole fish|鲈鱼|海鲈,鲜鱼|现杀,深海,活水|home|0|main|29|600
shrimp|shrimps|大虾|白虾,基围虾|南美,青岛,鲜活|sea|0|main|45|500
crab|crab|螃蟹|大闸蟹,梭子蟹|阳澄湖,固城,舟山|sea|-1|snack|59|500
steak|beef steak|牛排|西冷,牛扒|原切,澳洲,谷饲|western|0|main|49|300
drumstick|drumsticks|鸡腿|琵琶腿,鸡小腿|奥尔良,三黄,冷鲜|party|0|snack|20|500
sausage|sausages|香肠|腊肠,烤肠|川味,麻辣,广式|spicy|1|breakfast|24|400
salmon|salmon fillet|三文鱼|鲑鱼,虹鳟|挪威,冰鲜,智利|sea|-1|main|55|250
lamb|lamb rolls|羊肉卷|涮羊肉,羔羊片|锡盟,内蒙,盐池|spicy|1|main|36|400
""",
    "dairy_drink": """
milk|milk|牛奶|鲜奶,纯奶|每日,巴氏,娟姗|kids|1|breakfast|13|950
yogurt|yogurt|酸奶|优格,酸牛乳|希腊,无糖,老|light|-1|breakfast|12|400
cheese|cheese|奶酪|芝士,乳酪|切达,埃曼塔,大孔|western|0|snack|28|250
cola|cola|可乐|汽水,肥宅快乐水|冰,听装,经典|party|-1|snack|9|990
orange_juice|orange juice|橙汁|果汁,鲜榨橙饮|鲜榨,冷压,百分百|sweet|-1|breakfast|16|900
beer|beer|啤酒|精酿,扎啤|青岛,原浆,小麦|party|-1|snack|22|1500
green_tea|green tea|绿茶|龙井,毛尖|明前,雨前,西湖|sea|1|main|48|100
coffee|coffee|咖啡|拿铁,美式|现磨,云南,手冲|western|1|breakfast|25|300
water|mineral water|矿泉水|山泉水,饮用水|长白山,天然,弱碱|light|-1|main|6|1500
bubble_tea|bubble tea|奶茶|珍珠奶茶,波霸|黑糖,现煮,港式|sweet|1|snack|15|500
""",
    "pantry": """
rice|rice|大米|稻米,粳米|五常,盘锦,射阳|home|0|main|35|5000
noodles|dried noodles|挂面|面条,龙须面|高筋,手擀,河套|home|1|main|9|900
cup_noodles|cup noodles|泡面|方便面,杯面|红烧牛肉,火鸡,老坛|spicy|1|snack|6|120
tofu|tofu|豆腐|水豆腐,老豆腐|石磨,卤水,内酯|spicy|-1|main|5|400
soy_sauce|soy sauce|酱油|生抽,豉油|头道,零添加,古法|sea|0|main|15|500
honey|honey|蜂蜜|蜜糖,土蜂蜜|洋槐,椴树,百花|sweet|1|breakfast|38|500
dumplings|dumplings|饺子|水饺,扁食|猪肉大葱,韭菜,三鲜|home|1|main|23|1000
sushi|sushi|寿司|手握,饭团卷|鳗鱼,什锦,日式|sea|-1|snack|32|300
""",
    "snack_bakery": """
toast|sliced bread|吐司|切片面包,方包|北海道,全麦,牛乳|kids|0|breakfast|12|400
croissant|croissants|牛角包|可颂,羊角酥|法式,黄油,手工|western|1|breakfast|16|240
cake|cream cake|蛋糕|奶油切块,慕斯|动物奶油,生日,下午茶|sweet|0|snack|35|300
doughnut|doughnuts|甜甜圈|多拿滋,面包圈|糖霜,草莓味,彩虹|sweet|0|breakfast|18|240
cookie|cookies|曲奇|饼干,趣趣饼|巧克力豆,黄油,手作|kids|0|snack|19|250
chocolate|chocolate|巧克力|朱古力,黑巧|榛仁,丝滑,可可|sweet|1|snack|24|150
ice_cream|ice cream|冰淇淋|雪糕,甜筒|香草,三色,鲜奶|sweet|-1|snack|20|350
chips|potato chips|薯片|脆片,洋芋片|原味,波浪,大包|party|0|snack|9|135
lollipop|lollipops|棒棒糖|糖果,波板糖|彩虹,水果味,无蔗糖|kids|-1|snack|10|200
peanuts|peanuts|花生|落花生,长生果|盐水,四粒红,带壳|party|0|snack|11|500
baozi|steamed buns|包子|肉包,馒头包|鲜肉,手工,速冻|home|1|breakfast|15|480
""",
}


def _parse() -> tuple[Kind, ...]:
    kinds = []
    for category, lines in _TABLE.items():
        for line in lines.strip().splitlines():
            key, english, chinese, synonyms, varieties, taste, warmth, meal, price, grams = line.split("|")
            kinds.append(
                Kind(
                    key=key,
                    english=english,
                    chinese=chinese,
                    synonyms=tuple(synonyms.split(",")),
                    varieties=tuple(varieties.split(",")),
                    category=category,
                    taste=taste,
                    warmth=int(warmth),
                    meal=meal,
                    price=float(price),
                    grams=int(grams),
                )
            )
    return tuple(kinds)


KINDS = _parse()
