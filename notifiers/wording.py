"""The words of every message, Chinese and English side by side. Short: who, what, by when, what to do. How they are filled is texts.py's."""

from dataclasses import dataclass

Both = dict[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """Title (empty where a channel has none), one sentence a part, and what is said before several of them.

    `outside`: the sentence for channels that leave the house, where `line` repeats what somebody typed; such words stay inside (domain §11).
    """

    title: Both
    line: Both
    icon: str = "message"
    opening: Both | None = None
    outside: Both | None = None


def _both(zh: str, en: str) -> Both:
    return {"zh": zh, "en": en}


NONE = _both("", "")

LATE = _both("（本该 {planned} 说）", " (should have been said {planned})")
# ---- to people of the house: what a clock has to say. {tail} {unit} {limit} {due}; a part that is "late" says when it was {planned}
STEPS = {
    "remind": Wording(
        _both("快到时限：{limit}", "Due soon: {limit}"),
        _both("尾号 {tail}，{unit}：{limit}最晚 {due}。", "Ticket …{tail}, {unit}: {limit} due by {due}."),
        "bell",
    ),
    "yellow-card": Wording(
        _both("黄牌：{limit}", "Yellow card: {limit}"),
        _both(
            "尾号 {tail}，{unit}：{limit}最晚 {due}，只剩一个工作日。",
            "Ticket …{tail}, {unit}: {limit} due by {due}, one working day left.",
        ),
        "cards",
    ),
    "red-card": Wording(
        _both("红牌：{limit}", "Red card: {limit}"),
        _both(
            "尾号 {tail}，{unit}：{limit}过了 {due}，已超期，请马上办。",
            "Ticket …{tail}, {unit}: {limit} was due {due} and is overdue. Act now.",
        ),
        "cards",
    ),
    "breach": Wording(
        _both("超时：{limit}", "Overdue: {limit}"),
        _both(
            "尾号 {tail}，{unit}：{limit}到 {due} 还没有做，请马上处理。", "Ticket …{tail}, {unit}: {limit} was not done by {due}. Act now."
        ),
        "alarm",
    ),
    "urge-notice": Wording(
        _both("催办：{limit}", "Urged: {limit}"),
        _both(
            "尾号 {tail}，{unit}：{limit}过了 {due}，没有说明。请今天答复，或写明原因。",
            "Ticket …{tail}, {unit}: {limit} was due {due}, no word since. Reply or explain today.",
        ),
        "bell-ringing",
    ),
    "bulletin": Wording(
        _both("通报：{unit}", "Bulletin: {unit}"),
        _both(
            "尾号 {tail}，{unit}：{limit}过了 {due}，超期五个工作日仍无说明，予以通报。",
            "Ticket …{tail}, {unit}: {limit} was due {due}; five working days late, still silent.",
        ),
        "speakerphone",
    ),
    "supervision-order": Wording(
        _both("督办：{unit}", "Supervision: {unit}"),
        _both(
            "尾号 {tail}，{unit}：{limit}过了 {due}，转督办。请负责人亲自过问，限期办结。",
            "Ticket …{tail}, {unit}: {limit} was due {due}, now supervised. The head sees to it in person.",
        ),
        "gavel",
    ),
    "coordinate": Wording(
        _both("请协调：{unit}", "Please coordinate: {unit}"),
        _both(
            "尾号 {tail}，{unit}：{limit}过了 {due} 半小时还没人接。请定下人、岗位和时限。",
            "Ticket …{tail}, {unit}: {limit} due {due}, half an hour past. Name person, post and limit.",
        ),
        "users",
    ),
}
SEVERAL = {
    "late": Wording(
        _both("补告：{n} 件事", "Told late: {n}"),
        NONE,
        "history",
        _both(
            "下面这些本该早些告诉你，那时系统没在运行。时限仍按原来的算。",
            "You should have heard of these earlier; the system was not running then. Limits stand as they were.",
        ),
    ),
    "digest": Wording(_both("{n} 件事要看", "To look at: {n}"), NONE, "list-check"),
}

# ---- to citizens, as telephone messages. {city} {tail} {code} {link} {unit} {due}
CITIZEN = {
    "accepted": Wording(
        NONE,
        _both(
            "【{city}12345】您反映的事收到了，编号尾号 {tail}，查询码 {code}。查进度：{link}",
            "[{city} 12345] We have your matter, number ending {tail}, code {code}. Track it: {link}",
        ),
        "device-mobile-message",
    ),
    "dispatched": Wording(
        NONE,
        _both(
            "【{city}12345】尾号 {tail} 已交{unit}办理，最晚 {due} 答复您。查进度：{link}",
            "[{city} 12345] {unit} now has your matter {tail} and answers by {due}. Track it: {link}",
        ),
        "device-mobile-message",
    ),
    "answered": Wording(
        NONE,
        _both(
            "【{city}12345】尾号 {tail}，{unit}已答复。看答复、打分：{link}",
            "[{city} 12345] {unit} has answered your matter {tail}. Read and rate: {link}",
        ),
        "device-mobile-message",
    ),
    "rectified": Wording(
        NONE,
        _both(
            "【{city}12345】尾号 {tail}，{unit}说按您的差评改好了。改得怎样，请您再评一次：{link}",
            "[{city} 12345] {unit} says it has put matter {tail} right after your rating. Please rate again: {link}",
        ),
        "device-mobile-message",
    ),
    "missed": Wording(
        NONE,
        _both(
            "【{city}12345】尾号 {tail} 回访，打了三次没打通。办得怎样，请您点开评一评：{link}",
            "[{city} 12345] We called three times about matter {tail}. Please tell us how it went: {link}",
        ),
        "device-mobile-message",
    ),
    "urged": Wording(
        NONE,
        _both(
            "【{city}12345】尾号 {tail}，已替您催{unit}。查进度：{link}",
            "[{city} 12345] We have urged {unit} on your matter {tail}. Track it: {link}",
        ),
        "device-mobile-message",
    ),
    "progress": Wording(
        NONE,
        _both(
            "【{city}12345】尾号 {tail} 有新进展，{unit}先说给您听，还不是最后的答复。看一看：{link}",
            "[{city} 12345] News of your matter {tail} from {unit}, not yet the final answer: {link}",
        ),
        "device-mobile-message",
    ),
    "moved": Wording(
        NONE,
        _both(
            "【{city}12345】尾号 {tail}，答复您的日子改到 {due}。为什么改：{link}",
            "[{city} 12345] The answer to your matter {tail} is now due {due}. Why: {link}",
        ),
        "device-mobile-message",
    ),
}
# ---- answers to what a citizen wrote. {sign} {tail} {code} {state} {unit} {due} {moment} {list} {n} {link}; `sign` is empty where the channel names us
ANSWERS = {
    "said-help": Wording(
        NONE,
        _both(
            "{sign}直接写事情和地点就能登记。也可以发：“进度”查进度，“催办”催一催，“新”加内容另说一件，1 到 5 给答复打分（5 最满意），“退订”不再收。急事请打 12345。",
            "{sign}Write what happened and where, and it is filed. Or send: STATUS, URGE, NEW and a matter, 1-5 to rate an answer (5 is best), STOP. In a hurry call 12345.",
        ),
    ),
    "said-progress": Wording(
        NONE,
        _both(
            "{sign}尾号 {tail}：{state}。{unit}在办，最晚 {due} 答复您。{link}",
            "{sign}Matter {tail}: {state}. {unit} has it and answers by {due}. {link}",
        ),
    ),
    "said-progress-late": Wording(
        NONE,
        _both(
            "{sign}尾号 {tail}：{state}。{unit}本该 {due} 前答复，已经晚了。回“催办”我们去催。{link}",
            "{sign}Matter {tail}: {state}. {unit} should have answered by {due} and is late. Reply URGE. {link}",
        ),
    ),
    "said-progress-answered": Wording(
        NONE,
        _both(
            "{sign}尾号 {tail}：{state}，{unit}已答复。看答复：{link} 回 1 到 5 打分，5 最满意。",
            "{sign}Matter {tail}: {state}, answered by {unit}: {link} Reply 1-5 to rate, 5 is best.",
        ),
    ),
    "said-progress-plain": Wording(NONE, _both("{sign}尾号 {tail}：{state}。{link}", "{sign}Matter {tail}: {state}. {link}")),
    "said-progress-other": Wording(
        NONE,
        _both(
            "{sign}查询码 {code}：{state}。请用登记时留的号码来查，才能看到单位和日期。",
            "{sign}Code {code}: {state}. Ask from the number left with the matter to learn unit and date.",
        ),
    ),
    "said-progress-several": Wording(
        NONE,
        _both(
            "{sign}您有 {n} 件：{list}。发“进度”加查询码看其中一件。",
            "{sign}You have {n} matters: {list}. Send STATUS and a code for one of them.",
        ),
    ),
    "said-no-code": Wording(
        NONE,
        _both(
            "{sign}没有查到 {code} 这个查询码。它是 10 位数字，在受理短信或回执里。",
            "{sign}No matter has the code {code}. It has 10 digits; see our first message or your receipt.",
        ),
    ),
    "said-no-matter": Wording(
        NONE,
        _both(
            "{sign}这个号码没有在办的事。写下发生了什么、在哪里，发过来就登记。",
            "{sign}This number has no open matter. Write what happened and where, and we file it.",
        ),
    ),
    "said-which": Wording(
        NONE,
        _both(
            "{sign}您有 {n} 件在办，这次说的是哪一件？{list}。请回它的查询码；是另一件事，请回“新”。",
            "{sign}You have {n} open matters. Which one is this? {list}. Reply its code, or NEW if it is another matter.",
        ),
    ),
    "said-supplemented": Wording(
        NONE,
        _both(
            "{sign}补充已加到尾号 {tail}，办事的人看得到。若是另一件事，请发“新”加内容。",
            "{sign}Added to matter {tail}; whoever handles it sees it. If it is another matter, send NEW and the words.",
        ),
    ),
    "said-ended": Wording(
        NONE,
        _both(
            "{sign}尾号 {tail} 已经办完，不能再补充。有新情况请发“新”加内容。",
            "{sign}Matter {tail} has ended. If something new happened, send NEW and the words.",
        ),
    ),
    "said-urged": Wording(NONE, _both("{sign}尾号 {tail}，已替您催{unit}。", "{sign}We have urged {unit} on your matter {tail}.")),
    "said-urge-later": Wording(
        NONE,
        _both(
            "{sign}尾号 {tail} 现在还不用催，{moment} 以后可以。急的话请打 12345。",
            "{sign}Matter {tail} can be urged after {moment}. In a hurry call 12345.",
        ),
    ),
    "said-urge-none": Wording(
        NONE,
        _both(
            "{sign}尾号 {tail} 现在不用催：{state}，没有单位压着它。",
            "{sign}Matter {tail} needs no urging: {state}, no unit holds it back.",
        ),
    ),
    "said-rated-good": Wording(
        NONE, _both("{sign}收到您给尾号 {tail} 打的 {n} 分，谢谢。", "{sign}Thank you for rating matter {tail} with {n}.")
    ),
    "said-rated-bad": Wording(
        NONE,
        _both(
            "{sign}收到您给尾号 {tail} 打的 {n} 分。对不起没办好，1 个工作日内会有人联系您。",
            "{sign}You rated matter {tail} with {n}. We are sorry; somebody contacts you within one working day.",
        ),
    ),
    "said-rated-already": Wording(
        NONE, _both("{sign}尾号 {tail} 您已经评价过了，谢谢。", "{sign}You have rated matter {tail} already, thank you.")
    ),
    "said-rate-none": Wording(
        NONE,
        _both(
            "{sign}现在没有等您打分的答复。查进度请发“进度”。",
            "{sign}No answer waits for your rating. Send STATUS to see how things stand.",
        ),
    ),
    "said-rate-which": Wording(
        NONE,
        _both(
            "{sign}有 {n} 件答复等您打分：{list}。请回分数加查询码，如“5 {code}”。",
            "{sign}{n} answers wait for your rating: {list}. Reply score and code, such as 5 {code}.",
        ),
    ),
    "said-out": Wording(
        NONE,
        _both(
            "{sign}退订好了。受理、答复、改期这三样按规定仍会告诉您，别的不再发。想再收请回“恢复”。",
            "{sign}You are off the list. By law we still tell you when a matter is taken, answered or moved. Send START to come back.",
        ),
    ),
    "said-in": Wording(
        NONE, _both("{sign}恢复好了，办理的进展会告诉您。", "{sign}You are back on the list; we tell you how things go on.")
    ),
    "said-danger": Wording(
        NONE,
        _both(
            "{sign}有人有危险请马上打 110、119 或 120，这里也已标为特急。",
            "{sign}If anybody is in danger call 110, 119 or 120 now. We treat this as critical.",
        ),
    ),
    "said-needs-words": Wording(
        NONE,
        _both(
            "{sign}照片收到了。请再发一句话：发生了什么、在哪里。", "{sign}We have your photo. Please send a line: what happened and where."
        ),
    ),
    "said-too-many": Wording(
        NONE,
        _both(
            "{sign}这一小时您发得太多，先不再回了。急事请打 12345。",
            "{sign}Too many messages this hour; we answer later ones no more. In a hurry call 12345.",
        ),
    ),
    "said-refused": Wording(
        NONE, _both("{sign}没能办成：{why}。请打 12345，有人接。", "{sign}That did not work: {why}. Please call 12345.")
    ),
}
# ---- to people of the house: what happens to a whistle. {number} {kind} {street} {unit} {problem} {place} {ask} {due} {words}
WHISTLES = {
    "whistle-called": Wording(
        _both("{kind}：{street}叫你们", "{street} calls you: {kind}"),
        _both(
            "{problem}。要做：{ask}。地点：{place}，最晚 {due} 到。哨单 {number}。",
            "{problem}. Your part: {ask}. Where: {place}, by {due}. Whistle {number}.",
        ),
        "speakerphone",
        outside=_both(
            "{street}吹{kind}叫你们，最晚 {due} 到。哨单 {number}，登录看做什么、在哪里。",
            "{street} calls you ({kind}), be there by {due}. Whistle {number}: sign in for what and where.",
        ),
    ),
    "whistle-reminded": Wording(
        _both("{street}又响了一遍，就等你们", "{street} calls you again"),
        _both("{kind} {number}：{problem}。地点：{place}，最晚 {due} 到。", "{kind} {number}: {problem}. Where: {place}, by {due}."),
        "bell-ringing",
        outside=_both("{kind} {number} 还等着你们，最晚 {due} 到。", "{kind} {number} still waits for you, by {due}."),
    ),
    "whistle-withdrawn": Wording(
        _both("{kind}撤回了", "Withdrawn: {kind}"),
        _both("{street}撤回了 {number}，不用去了：{words}", "{street} withdrew {number}; you need not come: {words}"),
        outside=_both("{street}撤回了 {number}，不用去了。", "{street} withdrew {number}; you need not come."),
    ),
    "whistle-released": Wording(
        _both("{street}放行了", "{street} lets you go"),
        _both("{number}：{unit}可以离场了。结果还没报的请补上。", "{number}: {unit} may leave. Report the result if you have not yet."),
        "check",
    ),
    "whistle-scored": Wording(
        _both("{street}打了分", "{street} graded you"),
        _both("{number}：{unit}的打分出来了；不服可以申诉一次。", "{number}: {unit} has its grade; you may appeal once."),
        "star",
    ),
    "whistle-decided": Wording(
        _both("哨办有了决定", "The whistle office decided"),
        _both("{number}，{unit}：{words}", "{number}, {unit}: {words}"),
        "gavel",
        outside=_both("{number}，{unit}：有了决定，登录看。", "{number}, {unit}: decided; sign in to read it."),
    ),
    "whistle-to-sign": Wording(
        _both("请签发：{kind}", "Please sign: {kind}"),
        _both("{street} {number}：{problem}。要您签了才吹响。", "{street} {number}: {problem}. It sounds once you sign."),
        "bell",
        outside=_both("{street} {number}：要您签了才吹响。", "{street} {number}: it sounds once you sign."),
    ),
    "whistle-to-ratify": Wording(
        _both("请补批：{kind}", "Please ratify: {kind}"),
        _both(
            "{street} {number}：{problem}。已经吹响，24 小时内要您补批。",
            "{street} {number}: {problem}. It sounds already; ratify it within 24 hours.",
        ),
        "bell",
        outside=_both("{street} {number} 已经吹响，24 小时内要您补批。", "{street} {number} sounds already; ratify it within 24 hours."),
    ),
    "whistle-begun": Wording(
        _both("{street}要吹{kind}", "{street} starts a whistle: {kind}"),
        _both(
            "{number}：{problem}。书记、主任都签了，等哨办分派；吹响后请您协调。",
            "{number}: {problem}. Secretary and director have signed; once it sounds you coordinate.",
        ),
        "users",
        outside=_both(
            "{street} {number}：书记、主任都签了，吹响后请您协调。",
            "{street} {number}: secretary and director have signed; once it sounds you coordinate.",
        ),
    ),
    "whistle-to-coordinate": Wording(
        _both("请协调：{kind}", "Please coordinate: {kind}"),
        _both(
            "{street} {number} 吹响了：{problem}。地点：{place}。请您牵头协调各家。",
            "{street} {number} sounds: {problem}. Where: {place}. Please coordinate the departments.",
        ),
        "users",
        outside=_both("{street} {number} 吹响了，请您牵头协调各家。", "{street} {number} sounds; please coordinate the departments."),
    ),
    "whistle-planned": Wording(
        _both("方案里有你们的一步", "A step of the plan is yours"),
        _both("{number}：{unit}，{ask}，最晚 {due} 办好。", "{number}: {unit}, {ask}, done by {due}."),
        "checklist",
        outside=_both(
            "{number}：{unit}有一步最晚 {due} 办好，登录看做什么。", "{number}: {unit} has a step due by {due}; sign in for what."
        ),
    ),
    "whistle-to-triage": Wording(
        _both("请分派：{kind}", "Please triage: {kind}"),
        _both("{street} {number}：{problem}。请定牵头和协同单位。", "{street} {number}: {problem}. Fix the lead and the assistants."),
        "bell",
        outside=_both("{street} {number}：请定牵头和协同单位。", "{street} {number}: fix the lead and the assistants."),
    ),
    "whistle-to-decide": Wording(
        _both("请决定：{unit}", "Please decide: {unit}"),
        _both("{number}，{unit}提出：{words}", "{number}, {unit} says: {words}"),
        "gavel",
        outside=_both("{number}，{unit}提出了异议或申诉，等您决定。", "{number}: {unit} objects or appeals; you decide."),
    ),
    "whistle-sent-back": Wording(
        _both("{kind}退回来了", "Sent back: {kind}"),
        _both("{number}：{words}", "{number}: {words}"),
        outside=_both("{number} 退回来了，登录看原因。", "{number} was sent back; sign in for the reason."),
    ),
    "whistle-absent": Wording(
        _both("{unit}到点没来", "{unit} did not come"),
        _both(
            "{number}：{unit}过了报到时限还没到，已记入台账并报区里。",
            "{number}: {unit} missed its check-in limit; the ledger and the district know.",
        ),
        "alarm",
    ),
}
# ---- to people of the house: many citizens say the same. {about} {people} {street}; what citizens wrote stays inside
HOTSPOTS = {
    "hotspot": Wording(
        _both("新热点：{people} 个人说同一件事", "New hotspot: {people} people say the same"),
        _both(
            "{about}。请看是并成群体件、请街道吹哨，还是先看着。",
            "{about}. Make it a group matter, ask the street to whistle, or watch it.",
        ),
        "flame",
        outside=_both("{people} 个人说同一件事，登录看热点。", "{people} people say the same. Sign in to see the hotspot."),
    ),
    "hotspot-whistle": Wording(
        _both("请{street}看要不要吹哨", "{street}: is a whistle wanted?"),
        _both(
            "{people} 个人都在说：{about}。涉及几个部门的，可以吹哨。",
            "{people} people speak of {about}. If it takes several departments, whistle.",
        ),
        "speakerphone",
        outside=_both(
            "{people} 个人说同一件事，请{street}登录看要不要吹哨。",
            "{people} people say the same. {street}: sign in and see whether to whistle.",
        ),
    ),
}
# ---- to the keepers of the knowledge base. {title}
KNOWLEDGE = {
    "knowledge-stale": Wording(
        _both("一条解答该复核了", "An answer wants a look"),
        _both("“{title}”半年没看过了。还对就点一下，不对请改。", "“{title}” has not been looked at for half a year. Confirm or change it."),
        "book",
    ),
}
# ---- to people of the house: a cell nobody went round in time. {cell} {code} {unit} {times} {due}; what an administrator named it stays inside
PATROLS = {
    "patrol-missed": Wording(
        _both("漏巡：{n} 个网格", "Patrol missed: {n} cells"),
        _both("{unit}，{cell}：{due} 前没有人巡到，请现在去。", "{unit}, {cell}: nobody came by {due}. Go now."),
        "map-pin",
        outside=_both("{unit}，网格 {code}：{due} 前没有人巡到，请现在去。", "{unit}, cell {code}: nobody came by {due}. Go now."),
    ),
    "patrol-missed-again": Wording(
        _both("连着漏巡：{n} 个网格", "Patrol missed again: {n} cells"),
        _both(
            "{unit}，{cell}：连着漏巡，这次又漏了 {times} 轮，最近一轮该在 {due} 前。请负责人过问，现在派人去。",
            "{unit}, {cell}: missed in a row, {times} more, the last due by {due}. Send somebody now.",
        ),
        "alarm",
        outside=_both(
            "{unit}，网格 {code}：连着漏巡，最近一轮该在 {due} 前。请现在派人去。",
            "{unit}, cell {code}: missed in a row, the last due by {due}. Send somebody now.",
        ),
    ),
}
# ---- to other systems, over HTTP: the body as it is signed. {kind} {body}
MACHINES = {"webhook": Wording(_both("回调 {kind}", "Webhook {kind}"), _both("{body}", "{body}"), "webhook")}
# ---- to a citizen in a WeChat conversation: the answer, whole (app/wechat/sayings.py); the code and the letter that prove a number and a mailbox.
# {said}, {city} {code} {tail} {link}
TALK = {
    "wechat-says": Wording(NONE, _both("{said}", "{said}")),
    "wechat-code": Wording(
        NONE,
        _both(
            "【{city}12345】绑定微信的验证码 {code}，10 分钟内有效。不是您本人在绑定，请不用理会，也别告诉别人。",
            "[{city} 12345] Your code to bind WeChat: {code}, good for 10 minutes. If this is not you, ignore it and tell nobody.",
        ),
    ),
    "mail-way": Wording(
        _both("请确认收信的邮箱", "Please confirm your e-mail address"),
        _both(
            "有人要在这个邮箱收{city}12345 的消息（尾号 {tail}）。是您，请在一天之内点开确认：{link} 不是您，请不用理会。",
            "Somebody wants to hear from {city} 12345 at this address (matter {tail}). If it is you, confirm within a day: {link} If not, ignore this letter.",
        ),
    ),
}
# ---- a report that arrives by itself. {report} {period} {facts} {link}
REPORTS = {
    "report": Wording(
        _both("{report}：{period}", "{report}: {period}"),
        _both("{period} 的{report}出来了：{facts}。看全文：{link}", "{report} of {period} is ready: {facts}. Read it: {link}"),
        "report-analytics",
    ),
    "report-link": Wording(  # to a unit's robot: who reads the group is not known, so no figure
        _both("{report}：{period}", "{report}: {period}"),
        _both("{period} 的{report}出来了，有权看的请登录查看：{link}", "{report} of {period} is ready for those who may read it: {link}"),
        "report-analytics",
    ),
    "under-line": Wording(  # {whose} {metric} {share} {above} {below} {line} {period}
        _both("{metric}低于 {line}", "{metric} is under {line}"),
        _both(
            "{whose} {period}：{metric} {share}（{above} ÷ {below}），低于 {line} 的线。",
            "{whose}, {period}: {metric} {share} ({above} ÷ {below}), under the line of {line}.",
        ),
        "trending-down",
    ),
}
WORDING = PATROLS | KNOWLEDGE | HOTSPOTS | REPORTS | MACHINES | TALK | STEPS | SEVERAL | CITIZEN | ANSWERS | WHISTLES
