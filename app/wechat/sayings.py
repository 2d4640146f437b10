"""What we say in a WeChat conversation, Chinese and English side by side: short, one thing asked at a time. Never a word the citizen wrote,
no name and no whole number: what is said lies in the outbox and may be read over a shoulder."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifiers.message import LANGUAGES
from notifiers.texts import render

Both = dict[str, str]
TEMPLATE = "wechat-says"


def _both(zh: str, en: str) -> Both:
    return {"zh": zh, "en": en}


COMMANDS = _both("随时可以回：返回、取消、帮助。", "At any time: back, cancel, help.")
SAYS: dict[str, Both] = {
    # ---- greetings and the ways in
    "welcome": _both(
        "您好，这里是{city}12345。直接说出了什么事，我一步步问您，问完给您单号和查询码。",
        "This is {city} 12345. Tell us what happened; we ask a few things and give you a number and a code.",
    ),
    "help": _both(
        "可以这样说：\n· 反映：说一件事\n· 我的：我说过的事\n· 进度：办到哪一步（也可以发 10 位查询码）\n· 补充、催办、评价\n· 绑定：绑定手机号，电话里说过的事也能看到\n· 退订、订阅：进展要不要告诉您\n急事请打 12345；有人受伤、着火、被困请打 110、119、120。",
        "You can say:\n· file: tell us of a matter\n· mine: what you told us\n· status: how far it is (or send the 10-digit code)\n· add, urge, rate\n· bind: your mobile number, to see what you told us by phone\n· unsubscribe, subscribe: whether news comes\nUrgent: call 12345. Injured, fire, trapped: 110, 119, 120.",
    ),
    "help-turn": COMMANDS,
    "nothing-to-cancel": _both("现在没有说到一半的事。要反映就直接说。", "Nothing is half told. To file, just say what happened."),
    "cancelled": _both("取消了，刚才说的都删了。", "Cancelled; what you said is deleted."),
    "language": _both("好，以后说中文。", "Fine, English from now on."),
    "not-taken": _both(
        "这种消息我们收不了，请发文字、照片、语音或位置。", "We cannot take this kind of message. Send words, photos, voice or a location."
    ),
    "danger": _both(
        "听着危险：有人受伤、着火、被困、正在发生违法的事，请马上打 110、119、120 或 122。",
        "This sounds dangerous. If somebody is hurt or trapped, or there is fire or crime: call 110, 119, 120 or 122 now.",
    ),
    "refused": _both("{why}", "{why}"),
    # ---- telling a matter, question by question
    "ask-consent": _both(
        "先说一声：您发来的内容、照片、位置和电话只用来办这件事，按规定保密，不给无关的人看。全文：{link}\n回“同意”开始，回“取消”就什么都不留。",
        "First: what you send is used for this matter only and kept confidential. In full: {link}\nReply “agree” to begin, “cancel” to leave nothing here.",
    ),
    "want-consent": _both("要您回“同意”才能往下说；不同意可以打 12345。", "We need “agree” to go on; or call 12345."),
    "ask-want": _both(
        "您想要哪一样？回数字：\n1 帮我解决\n2 投诉\n3 举报违法（内容封存，身份保密）\n4 问一问\n5 提建议\n6 表扬",
        "Which is it? Reply a number:\n1 help me\n2 complaint\n3 report an offence (sealed)\n4 a question\n5 a suggestion\n6 praise",
    ),
    "want-number": _both("没看懂，请回列出来的数字。", "Sorry, please reply one of the numbers."),
    "ask-text": _both(
        "出了什么事？打字或发语音都行，时间、地点、找过谁写上更好。",
        "What happened? Words or voice; when, where and whom you asked already.",
    ),
    "short-text": _both("再多说几个字，让人看得懂是什么事。", "A few more words, please, so that one understands."),
    "long-text": _both(
        "太长了，一次最多 2000 字，写不下的交了以后可以补充。", "Too long: at most 2000 characters; you can add more afterwards."
    ),
    "voice-heard": _both(
        "语音收到，接线员会听。请再打几个字说一下大意。",
        "Your voice message is here and will be heard. Add a few words on what it is about.",
    ),
    "ask-kind": _both(
        "像是哪一类？回数字：\n{choices}\n0 都不是，你们看着办", "Which kind is it? Reply a number:\n{choices}\n0 none of these"
    ),
    "ask-place": _both(
        "在哪里？点“+”发位置，或者打地址；没有地点就回“跳过”。",
        "Where? Send a location with “+”, or write the address; “skip” when there is none.",
    ),
    "place-kept": _both("位置记下了（{street}）。", "The place is noted ({street})."),
    "place-kept-plain": _both("位置记下了。", "The place is noted."),
    "ask-media": _both(
        "有照片或语音就发来，最多 6 个，发完回“好了”；没有就回“跳过”。",
        "Send photos or voice, up to 6, then “done”; “skip” when there are none.",
    ),
    "media-kept": _both("收到 {n} 个。还有就继续发，发完回“好了”。", "{n} here. Send more, or “done”."),
    "media-full": _both("最多 6 个，这个没有加上。", "At most 6; this one was left out."),
    "ask-phone": _both(
        "留个手机号，单位好联系您；不想留就回“匿名”。", "Your mobile number, so that we can reach you; “anonymous” to leave none."
    ),
    "ask-phone-known": _both(
        "用您绑定的 {phone} 联系您，可以吗？回 1 可以，或者发别的号码，不想留回“匿名”。",
        "May we call you at {phone}? Reply 1, or another number, or “anonymous”.",
    ),
    "bad-phone": _both(
        "号码不对，手机号是 11 位，座机请带区号。", "That is no telephone number: a mobile has 11 digits, a landline its area code."
    ),
    "ask-name": _both("怎么称呼您？比如“王女士”。不想说就回“跳过”。", "Your name? “skip” if you prefer not to say."),
    "long-name": _both("称呼太长，最多 20 个字。", "Too long: at most 20 characters."),
    "ask-confirm": _both(
        "请看一下：\n{summary}\n回 1 提交，回“返回”改上一步，回“取消”不说了。要对办理单位也保密，回“保密”。",
        "Please check:\n{summary}\nReply 1 to submit, “back” to change, “cancel” to stop, “confidential” to hide your identity from the unit too.",
    ),
    "want-confirm": _both("回 1 提交，回“返回”改，回“取消”不说了。", "1 to submit, “back” to change, “cancel” to stop."),
    "confidential": _both("好，办理单位看不到您是谁。", "Fine: the unit will not see who you are."),
    "filed": _both(
        "收到了。单号 {number}，查询码 {code}。办到哪一步我们会告诉您，也可以发查询码来问。看进度：{link}",
        "Received. Number {number}, code {code}. We tell you how it goes; or send the code. Track it: {link}",
    ),
    # ---- pauses
    "paused": _both(
        "您上次说到一半的事还给您留着（{kept}），{until}以前有效。回“继续”接着说，回“取消”删掉。",
        "What you began to tell us is kept ({kept}) until {until}. Reply “continue”, or “cancel” to delete it.",
    ),
    "half-told": _both(
        "您有一件说到一半的事（{kept}）。回“继续”接着说，回“取消”删掉再说新的。",
        "One matter is half told ({kept}). Reply “continue”, or “cancel” to begin anew.",
    ),
    "resumed": _both("好，接着说。", "Let us go on."),
    # ---- one's own matters
    "none-yet": _both(
        "这里还没有您的事。要反映就直接说；电话里说过的，回“绑定”绑定手机号就能看到。",
        "Nothing of yours is here yet. To file, just say it; “bind” your number to see what you told us by phone.",
    ),
    "mine": _both(
        "您的事（新的在前）：\n{rows}\n回“进度”看办到哪一步。全部：{link}",
        "Your matters, newest first:\n{rows}\nReply “status”. All of them: {link}",
    ),
    "row": _both("尾号 {tail} {kind} · {status}", "…{tail} {kind} · {status}"),
    "too-many-codes": _both("试错太多次了，请一小时后再来，或打 12345。", "Too many wrong codes. Come back in an hour, or call 12345."),
    "choose": _both("哪一件？回数字：\n{rows}", "Which one? Reply a number:\n{rows}"),
    "nothing-for-it": _both(
        "现在没有这样的事：没有在办的，或者没有等您评价的。", "There is none: nothing of yours is open, or waits for your rating."
    ),
    "ask-supplement": _both(
        "要补充什么？文字、照片、语音都行，发完回“好了”。", "What would you like to add? Words, photos or voice, then “done”."
    ),
    "supplement-kept": _both("记下了，还有就接着发，发完回“好了”。", "Noted. Send more, or “done”."),
    "supplement-empty": _both("还没有要补充的内容，请发文字、照片或语音，或回“取消”。", "Nothing to add yet. Send something, or “cancel”."),
    "ask-score": _both(
        "尾号 {tail} 办得怎么样？回数字：\n5 非常满意\n4 满意\n3 基本满意\n2 不满意\n1 非常不满意",
        "How was …{tail} handled? Reply a number:\n5 very satisfied\n4 satisfied\n3 acceptable\n2 dissatisfied\n1 very dissatisfied",
    ),
    "media-lost": _both(
        "尾号 {tail} 有一个文件没有收到（{why}），请回“补充”再发一次。",
        "…{tail}: one file did not arrive ({why}). Reply “add” and send it again.",
    ),
    # ---- a proven number
    "ask-bind": _both("请发您的手机号，我们发一个验证码过去。", "Send your mobile number; we text it a code."),
    "code-sent": _both(
        "验证码发到 {phone} 了，10 分钟内把 6 位数字发给我。", "A code went to {phone}. Send us its 6 digits within 10 minutes."
    ),
    "no-text": _both(
        "这里暂时发不了短信，绑定不了。您可以凭查询码看进度，或打 12345。",
        "Text messages are not set up here, so we cannot bind a number. Use the code, or call 12345.",
    ),
    "bad-code": _both("验证码不对，再看一下；还可以试 {left} 次。", "Wrong code; {left} tries left."),
    "code-over": _both("验证码过期或错太多次了，要绑定请重新回“绑定”。", "The code has expired. Reply “bind” to begin again."),
    "bound": _both(
        "绑好了：{phone}。用这个号码说过的事，回“我的”都能看到。", "Done: {phone}. Reply “mine” to see what you told us with it."
    ),
    "too-many-proofs": _both("今天验证码要得太多了，请明天再来。", "Too many codes today; come back tomorrow."),
}
RESULTS = {
    "text": _both("说明 {n} 字", "{n} characters"),
    "photo": _both("照片 {n} 张", "{n} photos"),
    "audio": _both("语音 {n} 段", "{n} recordings"),
    "pin": _both("位置", "a place"),
    "address": _both("地址", "an address"),
    "phone": _both("电话 {phone}", "phone {phone}"),
    "anonymous": _both("匿名", "anonymous"),
    "name": _both("称呼", "a name"),
    "sealed": _both("举报，内容封存", "a report, sealed"),
    "confidential": _both("对单位保密", "identity hidden from the unit"),
    "nothing": _both("还没有内容", "nothing yet"),
}


def say(code: str, /, **values: Any) -> Both:
    """One sentence in both languages; a value is plain, Both, or an aware instant, said as a promise."""
    return filled(SAYS[code], values)


def part(code: str, /, **values: Any) -> Both:
    """One part of a summary."""
    return filled(RESULTS[code], values)


def filled(sentence: Both, values: Mapping[str, Any]) -> Both:
    """The sentence with its holes filled, in both languages."""
    return {
        language: sentence[language].format(**{name: _said(value, language) for name, value in values.items()}) for language in LANGUAGES
    }


def joined(parts: list[Both], zh: str = "\n", en: str = "\n") -> Both:
    """Several as one."""
    return {"zh": zh.join(one["zh"] for one in parts), "en": en.join(one["en"] for one in parts)}


def _said(value: Any, language: str) -> str:
    if isinstance(value, datetime):
        return render(TEMPLATE, {"said": {"due": value.isoformat()}}, language).plain
    return value[language] if isinstance(value, dict) else str(value)
