# SPDX-License-Identifier: Apache-2.0
"""right_time, correctable: what recipients mean is understood, and ordinary talk is not taken for it."""

import pytest

from rightparty.inbound.intent import Intent, intent_of

MEANT = {
    Intent.STOP: [
        "STOP",
        "stop",
        "Stop.",
        "ＳＴＯＰ",
        "stop all",
        "Please stop",
        "unsubscribe",
        "T",
        "td",
        "TD",
        "退订",
        "退訂",
        "取消",
        "拒收",
        "不要再发了",
        "别再给我发短信",
        "請不要再發訊息",
        "Don't text me",
        "remove me",
        "HUY",
        "hủy",
        "Odhlásit",
        "STOP please",
    ],
    Intent.WRONG_PARTY: [
        "wrong number",
        "Wrong number!",
        "Sorry, wrong person",
        "You have the wrong number",
        "This is not me",
        "not me",
        "I don't know this person",
        "no such person here",
        "This is my new number, i just got this number",
        "打错了",
        "你打错了",
        "发错人了",
        "不是我",
        "不是本人",
        "我不是机主",
        "你们找错人了",
        "号码换人了",
        "这个号码已经换主了",
        "我不认识这个人",
        "没有这个人",
        "打錯了",
        "我不認識這個人",
        "nhầm số",
        "Špatné číslo",
        "to nejsem já",
    ],
    Intent.PAID: [
        "I have already paid",
        "paid",
        "已还款",
        "昨天已经还清",
        "已還款",
        "đã thanh toán",
        "už jsem zaplatil",
    ],
    Intent.DISPUTE: ["I don't owe you anything", "I dispute this", "金额不对", "我没有欠款", "有异议", "nedlužím"],
    Intent.HELP: ["HELP", "?", "人工", "帮助"],
}

ORDINARY = [
    "stop it you make me laugh so hard",
    "I will stop by the shop at six",
    "Can you stop at the bus stop?",
    "Don't stop!",
    "The bus stop is wrong, number 14 does not go there",
    "it's not me who ate the cake, it was him",
    "ok",
    "好的",
    "嗯",
    "thx see you",
    "T shirt or dress?",
    "Tomorrow at ten then",
    "what's your new number?",
    "The number you gave is wrong i think",
    "I got the answer wrong, number two and four",
    "He is not the right person for the job",
    "我错了，对不起",
    "今天的课取消了",
    "航班取消了怎么办",
    "我不是说了吗，明天去",
    "是不是我忘了带钥匙",
    "不是我不想去，是太忙了",
    "你是不是打错了字",
    "这不是我昨天说的那本书吗",
    "我还不知道呢",
    "我还没吃饭",
    "晚上一起吃饭吧",
    "别发脾气了",
    "不要再想了",
    "她换了新手机",
    "他不是本地人",
    "老师说我们做错了第三题",
    "停车停在哪里",
    "退休以后去旅游",
    "我要退货",
    "帮帮我写作业好吗",
    "谁付的钱",
    "I paid attention in class",
    "who paid for lunch?",
    "She already paid him a visit",
    "help me with my homework pls",
    "info about the trip is on the web",
    "not me lah, ask her",
    "I owe you one",
    "don't know this place at all",
    "我欠你一顿饭",
    "人工智能真有意思",
    "客服电话是多少来着",
    "R u there",
    "t t y l",
    "remove me from your heart if you can",
    "quit smoking already",
    "cancel my order at the restaurant, they are late",
    "nevím, uvidíme zítra",
    "Zavolej mi večer",
    "Tối nay ăn gì",
    "ừ đúng rồi",
    "em không phải đi học hôm nay",
    "không phải tôi không muốn",
    "发错题目了吧你",
    "这道题找错了三遍",
    "weather is wrong today",
]


@pytest.mark.parametrize(("intent", "text"), [(intent, text) for intent, texts in MEANT.items() for text in texts])
def test_what_is_meant_is_understood(intent: Intent, text: str) -> None:
    assert intent_of(text) is intent


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_talk_is_not_acted_on(text: str) -> None:
    assert intent_of(text) is Intent.NONE


@pytest.mark.parametrize("text", ["", " ", "\0", "。。。", "x" * 100_000, "不是我" + "啊" * 50_000, "\ud83d"])
def test_any_input_has_an_answer(text: str) -> None:
    assert intent_of(text) in Intent
