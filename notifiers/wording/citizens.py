"""To citizens, by telephone message, WeChat or letter, unasked; what they are answered is answers.py's."""

from notifiers.wording.forms import NONE, Wording, both

# ---- to citizens, as telephone messages. {city} {tail} {code} {link} {unit} {due}
CITIZEN = {
    "accepted": Wording(
        NONE,
        both(
            "【{city}12345】您反映的事收到了，编号尾号 {tail}，查询码 {code}。查进度：{link}",
            "[{city} 12345] We have your matter, number ending {tail}, code {code}. Track it: {link}",
        ),
        "device-mobile-message",
    ),
    "dispatched": Wording(
        NONE,
        both(
            "【{city}12345】尾号 {tail} 已交{unit}办理，最晚 {due} 答复您。查进度：{link}",
            "[{city} 12345] {unit} now has your matter {tail} and answers by {due}. Track it: {link}",
        ),
        "device-mobile-message",
    ),
    "answered": Wording(
        NONE,
        both(
            "【{city}12345】尾号 {tail}，{unit}已答复。看答复、打分：{link}",
            "[{city} 12345] {unit} has answered your matter {tail}. Read and rate: {link}",
        ),
        "device-mobile-message",
    ),
    "rectified": Wording(
        NONE,
        both(
            "【{city}12345】尾号 {tail}，{unit}说按您的差评改好了。改得怎样，请您再评一次：{link}",
            "[{city} 12345] {unit} says it has put matter {tail} right after your rating. Please rate again: {link}",
        ),
        "device-mobile-message",
    ),
    "missed": Wording(
        NONE,
        both(
            "【{city}12345】尾号 {tail} 回访，打了三次没打通。办得怎样，请您点开评一评：{link}",
            "[{city} 12345] We called three times about matter {tail}. Please tell us how it went: {link}",
        ),
        "device-mobile-message",
    ),
    "urged": Wording(
        NONE,
        both(
            "【{city}12345】尾号 {tail}，已替您催{unit}。查进度：{link}",
            "[{city} 12345] We have urged {unit} on your matter {tail}. Track it: {link}",
        ),
        "device-mobile-message",
    ),
    "progress": Wording(
        NONE,
        both(
            "【{city}12345】尾号 {tail} 有新进展，{unit}先说给您听，还不是最后的答复。看一看：{link}",
            "[{city} 12345] News of your matter {tail} from {unit}, not yet the final answer: {link}",
        ),
        "device-mobile-message",
    ),
    "moved": Wording(
        NONE,
        both(
            "【{city}12345】尾号 {tail}，答复您的日子改到 {due}。为什么改：{link}",
            "[{city} 12345] The answer to your matter {tail} is now due {due}. Why: {link}",
        ),
        "device-mobile-message",
    ),
}
# ---- to a citizen in a WeChat conversation: the answer, whole (app/wechat/sayings.py); the code and the letter that prove a number and a mailbox.
# {said}, {city} {code} {tail} {link}
TALK = {
    "wechat-says": Wording(NONE, both("{said}", "{said}")),
    "wechat-code": Wording(
        NONE,
        both(
            "【{city}12345】绑定微信的验证码 {code}，10 分钟内有效。不是您本人在绑定，请不用理会，也别告诉别人。",
            "[{city} 12345] Your code to bind WeChat: {code}, good for 10 minutes. If this is not you, ignore it and tell nobody.",
        ),
    ),
    "mail-way": Wording(
        both("请确认收信的邮箱", "Please confirm your e-mail address"),
        both(
            "有人要在这个邮箱收{city}12345 的消息（尾号 {tail}）。是您，请在一天之内点开确认：{link} 不是您，请不用理会。",
            "Somebody wants to hear from {city} 12345 at this address (matter {tail}). If it is you, confirm within a day: {link} If not, ignore this letter.",
        ),
    ),
}
