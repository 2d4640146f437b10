"""The words of every message, Chinese and English side by side. Short: who, what, by when, what to do. How they are filled is texts.py's."""

from dataclasses import dataclass

Both = dict[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """Title (empty where a channel has none), one sentence a part, and what is said before several of them."""

    title: Both
    line: Both
    icon: str = "message"
    opening: Both | None = None


def _both(zh: str, en: str) -> Both:
    return {"zh": zh, "en": en}


NONE = _both("", "")

LATE = _both("（本该 {planned} 说）", " (should have been said {planned})")
# ---- to people of the house: what a clock has to say. {tail} {unit} {limit} {due}; a part that is "late" says when it was {planned}
STEPS = {
    "remind": Wording(
        _both("快到时限：{limit}", "Due soon: {limit}"),
        _both("尾号 {tail}，{unit}：{limit}最晚 {due}。", "Ticket …{tail}, {unit}: {limit} due by {due}."), "bell"),
    "yellow-card": Wording(
        _both("黄牌：{limit}", "Yellow card: {limit}"),
        _both("尾号 {tail}，{unit}：{limit}最晚 {due}，只剩一个工作日。", "Ticket …{tail}, {unit}: {limit} due by {due}, one working day left."), "cards"),
    "red-card": Wording(
        _both("红牌：{limit}", "Red card: {limit}"),
        _both("尾号 {tail}，{unit}：{limit}过了 {due}，已超期，请马上办。", "Ticket …{tail}, {unit}: {limit} was due {due} and is overdue. Act now."), "cards"),
    "breach": Wording(
        _both("超时：{limit}", "Overdue: {limit}"),
        _both("尾号 {tail}，{unit}：{limit}到 {due} 还没有做，请马上处理。", "Ticket …{tail}, {unit}: {limit} was not done by {due}. Act now."), "alarm"),
    "urge-notice": Wording(
        _both("催办：{limit}", "Urged: {limit}"),
        _both("尾号 {tail}，{unit}：{limit}过了 {due}，没有说明。请今天答复，或写明原因。", "Ticket …{tail}, {unit}: {limit} was due {due}, no word since. Reply or explain today."), "bell-ringing"),
    "bulletin": Wording(
        _both("通报：{unit}", "Bulletin: {unit}"),
        _both("尾号 {tail}，{unit}：{limit}过了 {due}，超期五个工作日仍无说明，予以通报。", "Ticket …{tail}, {unit}: {limit} was due {due}; five working days late, still silent."), "speakerphone"),
    "supervision-order": Wording(
        _both("督办：{unit}", "Supervision: {unit}"),
        _both("尾号 {tail}，{unit}：{limit}过了 {due}，转督办。请负责人亲自过问，限期办结。", "Ticket …{tail}, {unit}: {limit} was due {due}, now supervised. The head sees to it in person."), "gavel"),
    "coordinate": Wording(
        _both("请协调：{unit}", "Please coordinate: {unit}"),
        _both("尾号 {tail}，{unit}：{limit}过了 {due} 半小时还没人接。请定下人、岗位和时限。", "Ticket …{tail}, {unit}: {limit} due {due}, half an hour past. Name person, post and limit."), "users"),
}
SEVERAL = {
    "late": Wording(
        _both("补告：{n} 件事", "Told late: {n}"), NONE, "history",
        _both("下面这些本该早些告诉你，那时系统没在运行。时限仍按原来的算。", "You should have heard of these earlier; the system was not running then. Limits stand as they were.")),
    "digest": Wording(_both("{n} 件事要看", "To look at: {n}"), NONE, "list-check"),
}

# ---- to citizens, as telephone messages. {city} {tail} {code} {link} {unit} {due}
CITIZEN = {
    "accepted": Wording(
        NONE, _both("【{city}12345】您反映的事收到了，编号尾号 {tail}，查询码 {code}。查进度：{link}",
                    "[{city} 12345] We have your matter, number ending {tail}, code {code}. Track it: {link}"), "device-mobile-message"),
    "dispatched": Wording(
        NONE, _both("【{city}12345】尾号 {tail} 已交{unit}办理，最晚 {due} 答复您。查进度：{link}",
                    "[{city} 12345] {unit} now has your matter {tail} and answers by {due}. Track it: {link}"), "device-mobile-message"),
    "answered": Wording(
        NONE, _both("【{city}12345】尾号 {tail}，{unit}已答复。看答复、打分：{link}",
                    "[{city} 12345] {unit} has answered your matter {tail}. Read and rate: {link}"), "device-mobile-message"),
    "urged": Wording(
        NONE, _both("【{city}12345】尾号 {tail}，已替您催{unit}。查进度：{link}",
                    "[{city} 12345] We have urged {unit} on your matter {tail}. Track it: {link}"), "device-mobile-message"),
    "progress": Wording(
        NONE, _both("【{city}12345】尾号 {tail} 有新进展，{unit}先说给您听，还不是最后的答复。看一看：{link}",
                    "[{city} 12345] News of your matter {tail} from {unit}, not yet the final answer: {link}"), "device-mobile-message"),
    "moved": Wording(
        NONE, _both("【{city}12345】尾号 {tail}，答复您的日子改到 {due}。为什么改：{link}",
                    "[{city} 12345] The answer to your matter {tail} is now due {due}. Why: {link}"), "device-mobile-message"),
}
# ---- to people of the house: what happens to a whistle. {number} {kind} {street} {unit} {problem} {place} {ask} {due} {words}
WHISTLES = {
    "whistle-called": Wording(
        _both("{kind}：{street}叫你们", "{street} calls you: {kind}"),
        _both("{problem}。要做：{ask}。地点：{place}，最晚 {due} 到。哨单 {number}。", "{problem}. Your part: {ask}. Where: {place}, by {due}. Whistle {number}."), "speakerphone"),
    "whistle-reminded": Wording(
        _both("{street}又响了一遍，就等你们", "{street} calls you again"),
        _both("{kind} {number}：{problem}。地点：{place}，最晚 {due} 到。", "{kind} {number}: {problem}. Where: {place}, by {due}."), "bell-ringing"),
    "whistle-withdrawn": Wording(_both("{kind}撤回了", "Withdrawn: {kind}"), _both("{street}撤回了 {number}，不用去了：{words}", "{street} withdrew {number}; you need not come: {words}")),
    "whistle-released": Wording(_both("{street}放行了", "{street} lets you go"), _both("{number}：{unit}可以离场了。结果还没报的请补上。", "{number}: {unit} may leave. Report the result if you have not yet."), "check"),
    "whistle-scored": Wording(_both("{street}打了分", "{street} graded you"), _both("{number}：{unit}的打分出来了；不服可以申诉一次。", "{number}: {unit} has its grade; you may appeal once."), "star"),
    "whistle-decided": Wording(_both("哨办有了决定", "The whistle office decided"), _both("{number}，{unit}：{words}", "{number}, {unit}: {words}"), "gavel"),
    "whistle-to-sign": Wording(_both("请签发：{kind}", "Please sign: {kind}"), _both("{street} {number}：{problem}。要您签了才吹响。", "{street} {number}: {problem}. It sounds once you sign."), "bell"),
    "whistle-to-triage": Wording(_both("请分派：{kind}", "Please triage: {kind}"), _both("{street} {number}：{problem}。请定牵头和协同单位。", "{street} {number}: {problem}. Fix the lead and the assistants."), "bell"),
    "whistle-to-decide": Wording(_both("请决定：{unit}", "Please decide: {unit}"), _both("{number}，{unit}提出：{words}", "{number}, {unit} says: {words}"), "gavel"),
    "whistle-sent-back": Wording(_both("{kind}退回来了", "Sent back: {kind}"), _both("{number}：{words}", "{number}: {words}")),
    "whistle-absent": Wording(_both("{unit}到点没来", "{unit} did not come"), _both("{number}：{unit}过了报到时限还没到，已记入台账并报区里。", "{number}: {unit} missed its check-in limit; the ledger and the district know."), "alarm"),
}
# ---- to other systems, over HTTP: the body as it is signed. {kind} {body}
MACHINES = {"webhook": Wording(_both("回调 {kind}", "Webhook {kind}"), _both("{body}", "{body}"), "webhook")}
WORDING = MACHINES | STEPS | SEVERAL | CITIZEN | WHISTLES
