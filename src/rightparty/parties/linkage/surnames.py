# SPDX-License-Identifier: Apache-2.0
"""What a name table has to know about surnames and characters. Serves right_party.

Readings: characters that are read differently as a surname (a dictionary's first reading of 单 is dan, the surname is
Shan). Compound surnames: those of two characters in use today. Both are common knowledge of any name dictionary.
Shares: the commonest surnames of mainland China as the Ministry of Public Security counted them (2007: Wang 7.25 %,
Li 7.19 %, Zhang 6.83 %); the shares below the third are rounded and assumed.
"""

from collections.abc import Mapping
from typing import Final

READINGS: Final[Mapping[str, str]] = {
    "单": "shan4", "仇": "qiu2", "解": "xie4", "尉迟": "yu4chi2", "曾": "zeng1", "朴": "piao2", "盖": "ge3",
    "区": "ou1", "查": "zha1", "乐": "yue4", "万俟": "mo4qi2", "任": "ren2", "华": "hua4", "召": "shao4",
    "燕": "yan1", "折": "she2", "种": "chong2", "秘": "bi4", "缪": "miao4", "繁": "po2", "员": "yun4",
    "宁": "ning4", "覃": "qin2", "翟": "zhai2", "洗": "xian3", "冼": "xian3", "逄": "pang2", "郇": "xun2",
    "缴": "jiao3", "谌": "chen2", "牟": "mu4", "黑": "he4", "尹": "yin3", "长孙": "zhang3sun1", "令狐": "ling2hu2",
    "澹台": "tan2tai2", "宿": "su4", "柏": "bai3", "车": "che1", "石": "shi2", "曲": "qu1", "纪": "ji3", "葛": "ge3",
    "訾": "zi1", "逯": "lu4", "佴": "nai4", "乜": "nie4", "阚": "kan4", "晁": "chao2", "隗": "wei3", "卜": "bu3",
    "谷": "gu3", "沈": "shen3", "尉": "wei4", "那": "na1", "哈": "ha3", "应": "ying1", "相": "xiang4", "过": "guo1",
    "要": "yao1", "都": "du1", "行": "xing2", "重": "chong2", "恽": "yun4", "句": "gou1", "臧": "zang1",
}  # fmt: skip
"""Surname in simplified characters -> pinyin with tone numbers."""

COMPOUND: Final = frozenset(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 长孙 宇文 司空 万俟 闻人 夏侯 澹台 公冶 宗政 濮阳 淳于 "
    "单于 太叔 申屠 仲孙 轩辕 钟离 鲜于 闾丘 亓官 司寇 子车 颛孙 端木 巫马 公西 漆雕 乐正 壤驷 公良 拓跋 夹谷 宰父 "
    "谷梁 段干 百里 东郭 南门 呼延 羊舌 微生 梁丘 左丘 东门 西门 南宫 第五 独孤 赫连 纳兰 完颜 叶赫 爱新".split()
)
"""Surnames of two characters, simplified."""

SHARES: Final[Mapping[str, float]] = {
    "王": 0.0725, "李": 0.0719, "张": 0.0683, "刘": 0.0538, "陈": 0.0453, "杨": 0.0308, "赵": 0.0229, "黄": 0.0223,
    "周": 0.0212, "吴": 0.0205, "徐": 0.0166, "孙": 0.0154, "胡": 0.0131, "朱": 0.0126, "高": 0.0121, "林": 0.0118,
    "何": 0.0117, "郭": 0.0115, "马": 0.0110, "罗": 0.0086, "梁": 0.0084, "宋": 0.0081, "郑": 0.0078, "谢": 0.0072,
    "韩": 0.0068, "唐": 0.0065, "冯": 0.0064, "于": 0.0062, "董": 0.0061, "萧": 0.0059,
    "nguyen": 0.31, "tran": 0.11, "le": 0.09, "pham": 0.07, "hoang": 0.05, "huynh": 0.05, "vu": 0.04, "vo": 0.04,
    "smith": 0.0083, "johnson": 0.0066, "williams": 0.0055, "brown": 0.0049, "jones": 0.0048, "garcia": 0.0040,
    "novak": 0.007, "svoboda": 0.005, "novotny": 0.005, "dvorak": 0.005,
}  # fmt: skip
"""Share of people with a surname (folded), blended with what the portfolio itself shows."""

LATIN_SURNAMES: Final = frozenset(
    "wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang "
    "feng yu dong xiao cheng cao yuan deng peng lu su jiang cai jia ding wei xue ye yan pan du dai xia zhong tian ren "
    "fan fang shi yao tan liao zou xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng long wan duan qian tao "
    "yin ouyang sima shangguan zhuge situ xiahou murong "
    "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly "
    "chan cheung wong lee lam leung ng kwok chow lau yip tsang yeung hui mak tse choi tam ho".split()
)
"""Latin spellings of family-first surnames, to tell Li Wei from Wei Li."""

ALIKE: Final = (
    "晴睛 未末 土士 己已巳 日曰 戊戌戍 刀刁 千干 天夫 王玉 人入 大太 田由甲申 今令 免兔 析折 郎朗 恒桓 洋样 萍苹 彬斌 "
    "辉晖 俊浚 敏铭 栋拣 侯候 竞竟 微徽 崇祟 炙灸 冶治 弛驰 壁璧 陈阵 杨扬 徐除 薛薜 柏栢 荣莱 强疆 燕蒸 历厉".split()
)
"""Characters taken for each other when read or typed by shape; each group stands for its first."""

NICKNAMES: Final = (
    "william bill billy will willie liam", "robert bob bobby rob robbie bert", "richard dick rick ricky rich",
    "james jim jimmy jamie", "john jack johnny jon", "charles charlie chuck chas", "edward ed eddie ted ned",
    "thomas tom tommy", "joseph joe joey", "michael mike mick mickey", "daniel dan danny", "david dave davy",
    "christopher chris kit topher", "matthew matt", "anthony tony", "andrew andy drew", "steven steve stephen",
    "kenneth ken kenny", "ronald ron ronnie", "donald don donnie", "timothy tim timmy", "gregory greg",
    "benjamin ben benny", "samuel sam sammy", "nicholas nick nicky", "jonathan jon jonny", "lawrence larry",
    "raymond ray", "gerald gerry jerry", "peter pete", "frederick fred freddy", "henry hank harry", "walter walt wally",
    "albert al bert", "alexander alex al sasha", "patrick pat paddy", "philip phil", "theodore ted theo",
    "elizabeth liz beth betty lizzie eliza betsy libby", "margaret maggie meg peggy marge", "katherine kate kathy katie",
    "catherine cathy kate katie", "kathleen kathy", "jennifer jen jenny", "jessica jess jessie", "susan sue susie",
    "patricia pat patty tricia", "barbara barb babs", "deborah deb debbie", "rebecca becky becca", "christina tina chris",
    "christine chris tina", "cynthia cindy", "pamela pam", "sandra sandy", "victoria vicky tori", "virginia ginny",
    "dorothy dot dottie", "judith judy", "theresa terry tess", "teresa terry tess", "samantha sam", "alexandra alex",
    "stephanie steph", "kimberly kim", "amanda mandy", "angela angie", "abigail abby", "josephine jo josie",
    "joanna jo", "eleanor ellie nell", "isabella bella izzy", "madeline maddie", "natalie nat", "melissa missy",
    "valerie val", "vincent vince", "zachary zach zack", "joshua josh", "jacob jake", "nathan nate", "nathaniel nate",
    "leonard leo len lenny", "gabriel gabe", "douglas doug", "jeffrey jeff", "bradley brad", "clifford cliff",
    "eugene gene", "francis frank", "franklin frank", "harold hal harry", "howard howie", "arthur art", "martin marty",
)  # fmt: skip
"""English short forms; the first of a group is what the others stand for."""

PLACEHOLDERS: Final = frozenset(
    "na none null unknown unk test xxx xx x noname nofirstname nolastname no yes resp respondent refused anonymous person "
    "occupant tenant resident male female man woman men women boy girl child baby babyboy babygirl infant kid adult teen "
    "mother father mom dad mommy daddy son daughter brother sister husband wife spouse grandson granddaughter grandmother "
    "grandfather grandma grandpa uncle aunt uncleaunt niece nephew cousin friend roommate lodger boarder owner mr mrs ms "
    "miss sir madam lady ladyofhouse ladyofthehouse manofhouse manofthehouse householder malechild femalechild inmate "
    "firstname lastname surname name 无 无名 未知 不详 测试 先生 女士 小姐 某 某某 匿名 khong neznamy neuvedeno".split()
)
"""What people enter for a name they do not know, folded and without spaces: as if nothing were on file."""
