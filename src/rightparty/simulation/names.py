# SPDX-License-Identifier: Apache-2.0
"""Generated names: stocks of surnames and given names of four languages. Nobody in particular is meant.

Chinese stocks are `simplified traditional pinyin`, most frequent first; surname weights follow the ministry's
published shares (Wang 7.25 %, Li 7.19 %, Zhang 6.83 %, the rest falling off; language.chinadaily.com.cn, 2007).
Readings of surnames are their readings as surnames (单 Shan, 解 Xie).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Text = NDArray[np.object_]

_ZH_SURNAMES: Final = """王 王 Wang|李 李 Li|张 張 Zhang|刘 劉 Liu|陈 陳 Chen|杨 楊 Yang|赵 趙 Zhao|黄 黃 Huang
周 周 Zhou|吴 吳 Wu|徐 徐 Xu|孙 孫 Sun|胡 胡 Hu|朱 朱 Zhu|高 高 Gao|林 林 Lin
何 何 He|郭 郭 Guo|马 馬 Ma|罗 羅 Luo|梁 梁 Liang|宋 宋 Song|郑 鄭 Zheng|谢 謝 Xie
韩 韓 Han|唐 唐 Tang|冯 馮 Feng|于 于 Yu|董 董 Dong|萧 蕭 Xiao|程 程 Cheng|曹 曹 Cao
袁 袁 Yuan|邓 鄧 Deng|许 許 Xu|傅 傅 Fu|沈 沈 Shen|曾 曾 Zeng|彭 彭 Peng|吕 呂 Lü
苏 蘇 Su|卢 盧 Lu|蒋 蔣 Jiang|蔡 蔡 Cai|贾 賈 Jia|丁 丁 Ding|魏 魏 Wei|薛 薛 Xue
叶 葉 Ye|阎 閻 Yan|余 余 Yu|潘 潘 Pan|杜 杜 Du|戴 戴 Dai|夏 夏 Xia|钟 鍾 Zhong
汪 汪 Wang|田 田 Tian|任 任 Ren|姜 姜 Jiang|范 范 Fan|方 方 Fang|石 石 Shi|姚 姚 Yao
谭 譚 Tan|廖 廖 Liao|邹 鄒 Zou|熊 熊 Xiong|金 金 Jin|陆 陸 Lu|单 單 Shan|解 解 Xie
区 區 Ou|欧阳 歐陽 Ouyang|尉迟 尉遲 Yuchi|司马 司馬 Sima|仇 仇 Qiu"""
_ZH_GIVEN: Final = """伟 偉 wei|芳 芳 fang|娜 娜 na|敏 敏 min|静 靜 jing|丽 麗 li|强 強 qiang|磊 磊 lei
军 軍 jun|洋 洋 yang|勇 勇 yong|艳 豔 yan|杰 傑 jie|娟 娟 juan|涛 濤 tao|明 明 ming
超 超 chao|霞 霞 xia|平 平 ping|刚 剛 gang|桂 桂 gui|英 英 ying|华 華 hua|玉 玉 yu
兰 蘭 lan|红 紅 hong|梅 梅 mei|建 建 jian|国 國 guo|志 志 zhi|文 文 wen|海 海 hai
晓 曉 xiao|春 春 chun|秀 秀 xiu|云 雲 yun|飞 飛 fei|宇 宇 yu|浩 浩 hao|子 子 zi
轩 軒 xuan|欣 欣 xin|怡 怡 yi|佳 佳 jia|思 思 si|雨 雨 yu|晨 晨 chen|俊 俊 jun
鹏 鵬 peng|辉 輝 hui|琳 琳 lin|雪 雪 xue|婷 婷 ting|慧 慧 hui|莉 莉 li|萍 萍 ping
德 德 de|成 成 cheng|林 林 lin|峰 峰 feng"""

_EN_SURNAMES: Final = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson "
    "Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson "
    "Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell"
)
_EN_GIVEN: Final = (
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph "
    "Jessica Thomas Sarah Charles Karen Daniel Lisa Matthew Nancy Anthony Betty Mark Margaret Donald Sandra Steven "
    "Ashley Paul Kimberly Andrew Emily Joshua Donna Kenneth Michelle Kevin Carol Brian Amanda George Dorothy"
)
_VI_SURNAMES: Final = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý"
_VI_MIDDLE: Final = "Văn Thị Đức Minh Ngọc Quốc Thanh Hữu Hoàng Thu"
_VI_GIVEN: Final = "Anh Hùng Dũng Hương Lan Linh Mai Nam Phương Quân Sơn Thảo Trang Tuấn Yến Việt Hiếu Đạt Ngân Khánh"
_CS_MEN: Final = "Novák Svoboda Novotný Dvořák Černý Procházka Kučera Veselý Horák Němec Pokorný Pospíšil Král Růžička"
_CS_WOMEN: Final = (
    "Nováková Svobodová Novotná Dvořáková Černá Procházková Kučerová Veselá Horáková Němcová Pokorná Pospíšilová "
    "Králová Růžičková"
)
_CS_MALE: Final = "Jiří Jan Petr Josef Pavel Martin Tomáš Jaroslav Miroslav Zdeněk František Václav Michal Milan Karel"
_CS_FEMALE: Final = "Jana Marie Eva Hana Anna Lenka Kateřina Věra Lucie Alena Petra Jaroslava Ludmila Helena Zuzana"


def chinese_names(dice: np.random.Generator, count: int, *, traditional: Text) -> tuple[Text, Text]:
    """Return (names in Han characters, names in pinyin); `traditional` is a mask of who writes in traditional."""
    surnames = _triples(_ZH_SURNAMES)
    givens = _triples(_ZH_GIVEN)
    weights = 1 / (np.arange(len(surnames)) + 12.0)
    family = surnames[dice.choice(len(surnames), count, p=weights / weights.sum())]
    first = givens[dice.integers(0, len(givens), count)]
    second = givens[dice.integers(0, len(givens), count)]
    second[dice.random(count) < 0.18] = ("", "", "")
    script = np.where(traditional.astype(bool), 1, 0)
    rows = np.arange(count)
    han = family[rows, script] + first[rows, script] + second[rows, script]
    latin = family[:, 2] + " " + _capital(first[:, 2] + second[:, 2])
    return han, latin


def english_names(dice: np.random.Generator, count: int) -> Text:
    """Return given name and surname."""
    return _spaced(_picked(dice, _EN_GIVEN, count), _picked(dice, _EN_SURNAMES, count))


def vietnamese_names(dice: np.random.Generator, count: int) -> Text:
    """Return surname, middle name and given name, with diacritics."""
    surnames = _VI_SURNAMES.split()
    weights = 1 / (np.arange(len(surnames)) + 1.5)
    family = np.array(surnames, dtype=object)[dice.choice(len(surnames), count, p=weights / weights.sum())]
    return _spaced(family, _picked(dice, _VI_MIDDLE, count), _picked(dice, _VI_GIVEN, count))


def czech_names(dice: np.random.Generator, count: int, *, women: NDArray[np.bool_]) -> Text:
    """Return given name and surname, both in the form of the person's sex."""
    men = _spaced(_picked(dice, _CS_MALE, count), _picked(dice, _CS_MEN, count))
    female = _spaced(_picked(dice, _CS_FEMALE, count), _picked(dice, _CS_WOMEN, count))
    return np.where(women, female, men)


def _triples(stock: str) -> Text:
    return np.array([entry.split() for line in stock.splitlines() for entry in line.split("|")], dtype=object)


def _picked(dice: np.random.Generator, stock: str, count: int) -> Text:
    words = np.array(stock.split(), dtype=object)
    return words[dice.integers(0, len(words), count)]


def _spaced(*parts: Text) -> Text:
    return np.array([" ".join(words) for words in zip(*parts, strict=True)], dtype=object)


def _capital(words: Text) -> Text:
    return np.array([word.capitalize() for word in words], dtype=object)
