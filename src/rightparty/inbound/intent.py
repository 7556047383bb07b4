# SPDX-License-Identifier: Apache-2.0
"""What a recipient's reply means: stop, not me, paid, dispute, help, or nothing we act on (right_time, correctable).

Precision first: a false "not me" silences a debtor's notices, a false "stop" loses a channel. So a stop word counts
only when it is the whole reply, and the longer phrases are ones people do not use about anything else. Words of mobile
operators (STOP, T, TD, 退订) follow their usage. Chinese in both scripts, English; basics of the other languages in
which texts are sent, every stop word that they offer among them.
"""

import re
import unicodedata
from enum import StrEnum
from typing import Final


class Intent(StrEnum):
    """What a reply asks of the lender."""

    STOP = "stop"
    WRONG_PARTY = "wrong_party"
    PAID = "paid"
    DISPUTE = "dispute"
    HELP = "help"
    NONE = "none"


LONGEST: Final = 1_000
"""Characters looked at: no reply that means one thing is longer."""

_STOP_ALONE: Final = (
    r"stop( ?(all|it|now|please|sms|texts?|messages?|texting( me)?|messaging( me)?|sending( me)? (texts?"
    r"|messages?)))?"
    r"|please stop( ?(texting|messaging)( me)?)?|unsubscribe( me)?( please)?|unsub|opt ?out|optout|remove me|quit"
    r"|(do not|don'?t|dont) (text|message|contact) me( again| any ?more)?|no more (texts|messages)( please)?"
    r"|t|td|tt|r|0000|qx|退|退订|退訂|我要退订|我要退訂|取消|取消订阅|取消訂閱|取消推送|拒收|拒收短信|拒收簡訊"
    r"|停止|停止发送|停止發送"
    r"|(请|請)?(不要|别|別|勿)再?(给我|給我|向我)?再?(发|發|发送|發送)(短信|信息|消息|简讯|簡訊|訊息|了|短信了"
    r"|信息了|消息了)"
    r"|回复(t|td|退订)|huy|hủy|ngừng|dừng|tu choi|từ chối|odhlasit|odhlásit( se)?|zrusit|zrušit|nepiste mi|nepište mi"
    r"|odhlásiť( sa)?|zrušiť|nepíšte mi( už)?|стоп|отписаться|отпишите меня|отписка|хватит"
    r"|(больше )?(мне )?не (пишите|присылайте)( мне)?( больше)?( (смс|сообщени[яей]))?|тоқтат(у|ыңыз)?"
    r"|(маған )?(хабарлама )?(жазбаңыз|жібермеңіз)|berhenti( berlangganan)?|unreg|(tolong )?jangan (kirim|sms)"
    r"( sms| pesan)?( saya)?( lagi)?|i?tigil( na)?( po)?|ihinto( na)?( po)?"
    r"|huwag na( po)?( kayong)? mag-?text( sa akin)?"
    r"|रोकें|रोको|बंद (करें|करो|कर दो)|(मुझे )?(संदेश|मैसेज) मत (भेजें|भेजो|भेजिए)|स्टॉप|band kar(o|en|ein)"
)
_WRONG_PARTY: Final = (
    r"(you have|you'?ve( got)?|have|got|it'?s|this is|its) (the )?wrong (number|person)"
    r"|^(sorry,? )?wrong (number|person)$"
    r"|^(sorry,? )?wrong (number|person)[ ,.!]|(this|it|that)('?s| is) not me$|^not me$|^(sorry,? )?this is not me\b"
    r"|i( a|')m not (him|her|this person|that person|the person|the one you)|\bi am not (mr|mrs|ms)\b"
    r"|(don'?t|do not|dont) know (this|that|any such) person|no such person( here)?|nobody (here )?(by|of"
    r"|with) th(at|is) name"
    r"|(this|my) (is )?(my )?new number|(this is )?not (his|her) number|changed (hands|owner)"
    r"|i just got this (phone )?number"
    r"|(打|发|發|寄|找|搞|弄)错(人|號|号|號碼|号码|电话)|(打|发|發|寄|找)錯(人|號|電話|號碼)?(了|啦)?$|^你?(们"
    r"|們)?(打|发|發|找)错了"
    r"|(短信|信息|消息|电话|號碼|号码|号)(发|打|發)?错了|^不是(我|本人|他本人|她本人)(本人)?(的|了|啊|哦|呀)?$"
    r"|我不是(本人|机主|機主)"
    r"|^(我|这|這)?(并)?不是(本人|你要找的人|你们要找的人|你們要找的人)|不是我(的)?(贷款|欠款|借的|账单|帳單"
    r"|貸款|本人|欠的)"
    r"|(这|這)?不是(他|她|他的|她的)(的)?(号码|号|手机|電話|电话|號碼)|(号码|號碼|手机号|手機號|电话|電話)(已经"
    r"|已經|已|早就?)?换(人|主|了主人|了机主)"
    r"|(号码|號碼|手机号|电话|電話)(已经|已經|已|早)?換(人|主)|我(是|才)?(刚|剛|新)(换|办|買|买|辦|換)的(这个"
    r"|這個)?(号|號|手机号|号码)"
    r"|我?不(认识|認識)(这个人|這個人|此人|他|她|你说的人|你說的人|这人)|(查无|查無|没有|沒有)(此人|这个人|這個人)"
    r"|nham so|nhầm số|nhầm người|nham nguoi|sai số|không phải (tôi|toi|em|mình)$|spatne cislo|špatné číslo"
    r"|(to )?(nejsem|nejsu) ja|nejsem to já|(to )?nejsem já|omyl cislo|mate spatne cislo|máte špatné číslo"
    r"|^(máte )?(zlé|zle|nesprávne) (číslo|cislo)$|^(to )?nie som (to )?ja$|ошиблись номером|^(это )?не тот номер$"
    r"|^это не я$|^я не тот, кого вы|^қате нөмір$|^бұл мен емес(пін)?$|нөмірден қателес"
    r"|^(maaf,? )?salah (nomor|orang|sambung)$|^(ini )?bukan saya$|^(maling|mali ang) (numero|number|tao)( po)?$"
    r"|^hindi( po)? ako (ito|iyan|yan)$|^(ग़लत|गलत|रॉन्ग) नंबर( है)?$|^(यह|ये) मैं नहीं( हूँ| हूं)?$|^galat number( hai)?$"
)
_PAID: Final = (
    r"\b(i|we)( have|'?ve)? (already |just )?paid( (it|this|the|in|on|you|my|yesterday|today|already)\b|$)"
    r"|^(already )?paid( already)?( it| this| in full)?$|^payment (sent|made|done)"
    r"|(已经|已經|已|刚刚|刚|剛剛|昨天|今天|早就|早)(全部|都)?(还款|還款|还清|還清|还了|還了|付款|付清|缴清"
    r"|繳清|缴费|繳費)|^(还|還|还清|还过|付)了$"
    r"|đã (thanh toán|trả|đóng)|da (thanh toan|tra tien)|(uz|už|jiz|již) (jsem )?(zaplatil|zaplaceno|uhradil)"
    r"|^zaplaceno$"
)
_DISPUTE: Final = (
    r"\bi (do not|don'?t|dont) owe\b|\b(i )?dispute (this|the|it|that)|not my (debt|loan|account|bill)\b"
    r"|amount is wrong"
    r"|(没有|沒有|没|从未|從未|未)(欠|借过|借過|贷过|貸過|借)(你们|你們|款|钱|錢|过|過)|(金额|金額|账单|帳單"
    r"|数字)(不对|不對|有误|有誤|错误)|有异议|有異議|提出异议"
    r"|không nợ|khong no|nedluzim|nedlužím|nesouhlasím s|nesouhlasim s (dluhem|castkou)"
)
_HELP: Final = (
    r"^(help|info|\?+|帮助|幫助|人工|客服|人工客服|转人工|轉人工|tro giup|trợ giúp|pomoc|помощь|көмек|bantuan|tulong"
    r"|मदद|सहायता)$"
)

_POLITE: Final = r"(please|pls|thanks|thank you|谢谢|謝謝|xin|prosim|prosím|пожалуйста|tolong|po|कृपया)"


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern is spelled as replies are read: some letters of Hindi have two spellings."""
    return re.compile(unicodedata.normalize("NFKC", text))


_STOP: Final = _pattern(rf"(?:{_POLITE} ?)?(?:{_STOP_ALONE})(?: ?{_POLITE})?")
_SEARCHED: Final = (
    (Intent.WRONG_PARTY, _pattern(_WRONG_PARTY)),
    (Intent.DISPUTE, _pattern(_DISPUTE)),
    (Intent.PAID, _pattern(_PAID)),
    (Intent.HELP, _pattern(_HELP)),
)


def intent_of(text: str) -> Intent:
    """Return what a reply asks for; the first of stop, not me, dispute, paid, help that it says."""
    plain = _plain(text[:LONGEST])
    if _STOP.fullmatch(plain):
        return Intent.STOP
    return next((intent for intent, pattern in _SEARCHED if pattern.search(plain)), Intent.NONE)


def _plain(text: str) -> str:
    """Return the reply in lower case, full-width letters narrowed, trimmed of punctuation and doubled spaces."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    return re.sub(r"\s+", " ", folded).strip(" \t\n.,!;:।。，！；：、~～\"'“”()（）【】[]")
