"""To people of the house: what a clock, a hotspot, a missed patrol, an old answer or a report has to say. Whistles are whistles.py's."""

from notifiers.wording.forms import NONE, Wording, both

LATE = both("（本该 {planned} 说）", " (should have been said {planned})")
# ---- to people of the house: what a clock has to say. {tail} {unit} {limit} {due}; a part that is "late" says when it was {planned}
STEPS = {
    "remind": Wording(
        both("快到时限：{limit}", "Due soon: {limit}"),
        both("尾号 {tail}，{unit}：{limit}最晚 {due}。", "Ticket …{tail}, {unit}: {limit} due by {due}."),
        "bell",
    ),
    "yellow-card": Wording(
        both("黄牌：{limit}", "Yellow card: {limit}"),
        both(
            "尾号 {tail}，{unit}：{limit}最晚 {due}，只剩一个工作日。",
            "Ticket …{tail}, {unit}: {limit} due by {due}, one working day left.",
        ),
        "cards",
    ),
    "red-card": Wording(
        both("红牌：{limit}", "Red card: {limit}"),
        both(
            "尾号 {tail}，{unit}：{limit}过了 {due}，已超期，请马上办。",
            "Ticket …{tail}, {unit}: {limit} was due {due} and is overdue. Act now.",
        ),
        "cards",
    ),
    "breach": Wording(
        both("超时：{limit}", "Overdue: {limit}"),
        both(
            "尾号 {tail}，{unit}：{limit}到 {due} 还没有做，请马上处理。", "Ticket …{tail}, {unit}: {limit} was not done by {due}. Act now."
        ),
        "alarm",
    ),
    "urge-notice": Wording(
        both("催办：{limit}", "Urged: {limit}"),
        both(
            "尾号 {tail}，{unit}：{limit}过了 {due}，没有说明。请今天答复，或写明原因。",
            "Ticket …{tail}, {unit}: {limit} was due {due}, no word since. Reply or explain today.",
        ),
        "bell-ringing",
    ),
    "bulletin": Wording(
        both("通报：{unit}", "Bulletin: {unit}"),
        both(
            "尾号 {tail}，{unit}：{limit}过了 {due}，超期五个工作日仍无说明，予以通报。",
            "Ticket …{tail}, {unit}: {limit} was due {due}; five working days late, still silent.",
        ),
        "speakerphone",
    ),
    "supervision-order": Wording(
        both("督办：{unit}", "Supervision: {unit}"),
        both(
            "尾号 {tail}，{unit}：{limit}过了 {due}，转督办。请负责人亲自过问，限期办结。",
            "Ticket …{tail}, {unit}: {limit} was due {due}, now supervised. The head sees to it in person.",
        ),
        "gavel",
    ),
    "coordinate": Wording(
        both("请协调：{unit}", "Please coordinate: {unit}"),
        both(
            "尾号 {tail}，{unit}：{limit}过了 {due} 半小时还没人接。请定下人、岗位和时限。",
            "Ticket …{tail}, {unit}: {limit} due {due}, half an hour past. Name person, post and limit.",
        ),
        "users",
    ),
}
SEVERAL = {
    "late": Wording(
        both("补告：{n} 件事", "Told late: {n}"),
        NONE,
        "history",
        both(
            "下面这些本该早些告诉你，那时系统没在运行。时限仍按原来的算。",
            "You should have heard of these earlier; the system was not running then. Limits stand as they were.",
        ),
    ),
    "digest": Wording(both("{n} 件事要看", "To look at: {n}"), NONE, "list-check"),
}
# ---- to who was in charge of a sub-task and who is now. {tail} {unit} {former} {person} {words}; what somebody typed stays inside
TASKS = {
    "task-handed-over": Wording(
        both("换段长：尾号 {tail}", "In charge: ticket …{tail}"),
        both(
            "尾号 {tail}，{unit}协办这一段的段长换了，{former} → {person}：{words}",
            "Ticket …{tail}, the part of {unit} has changed hands: {former} → {person}. {words}",
        ),
        "users",
        outside=both(
            "尾号 {tail}：{unit}的协办换了段长，登录看。", "Ticket …{tail}: the part of {unit} has changed hands; sign in to see."
        ),
    ),
}
# ---- to people of the house: many citizens say the same. {about} {people} {street}; what citizens wrote stays inside
HOTSPOTS = {
    "hotspot": Wording(
        both("新热点：{people} 个人说同一件事", "New hotspot: {people} people say the same"),
        both(
            "{about}。请看是并成群体件、请街道吹哨，还是先看着。",
            "{about}. Make it a group matter, ask the street to whistle, or watch it.",
        ),
        "flame",
        outside=both("{people} 个人说同一件事，登录看热点。", "{people} people say the same. Sign in to see the hotspot."),
    ),
    "hotspot-whistle": Wording(
        both("请{street}看要不要吹哨", "{street}: is a whistle wanted?"),
        both(
            "{people} 个人都在说：{about}。涉及几个部门的，可以吹哨。",
            "{people} people speak of {about}. If it takes several departments, whistle.",
        ),
        "speakerphone",
        outside=both(
            "{people} 个人说同一件事，请{street}登录看要不要吹哨。",
            "{people} people say the same. {street}: sign in and see whether to whistle.",
        ),
    ),
}
# ---- to the keepers of the knowledge base. {title}
KNOWLEDGE = {
    "knowledge-stale": Wording(
        both("一条解答该复核了", "An answer wants a look"),
        both("“{title}”半年没看过了。还对就点一下，不对请改。", "“{title}” has not been looked at for half a year. Confirm or change it."),
        "book",
    ),
}
# ---- to people of the house: a cell nobody went round in time. {cell} {code} {unit} {times} {due}; what an administrator named it stays inside
PATROLS = {
    "patrol-missed": Wording(
        both("漏巡：{n} 个网格", "Patrol missed: {n} cells"),
        both("{unit}，{cell}：{due} 前没有人巡到，请现在去。", "{unit}, {cell}: nobody came by {due}. Go now."),
        "map-pin",
        outside=both("{unit}，网格 {code}：{due} 前没有人巡到，请现在去。", "{unit}, cell {code}: nobody came by {due}. Go now."),
    ),
    "patrol-missed-again": Wording(
        both("连着漏巡：{n} 个网格", "Patrol missed again: {n} cells"),
        both(
            "{unit}，{cell}：连着漏巡，这次又漏了 {times} 轮，最近一轮该在 {due} 前。请负责人过问，现在派人去。",
            "{unit}, {cell}: missed in a row, {times} more, the last due by {due}. Send somebody now.",
        ),
        "alarm",
        outside=both(
            "{unit}，网格 {code}：连着漏巡，最近一轮该在 {due} 前。请现在派人去。",
            "{unit}, cell {code}: missed in a row, the last due by {due}. Send somebody now.",
        ),
    ),
}
# ---- a report that arrives by itself. {report} {period} {facts} {link}
REPORTS = {
    "report": Wording(
        both("{report}：{period}", "{report}: {period}"),
        both("{period} 的{report}出来了：{facts}。看全文：{link}", "{report} of {period} is ready: {facts}. Read it: {link}"),
        "report-analytics",
    ),
    "report-link": Wording(  # to a unit's robot: who reads the group is not known, so no figure
        both("{report}：{period}", "{report}: {period}"),
        both("{period} 的{report}出来了，有权看的请登录查看：{link}", "{report} of {period} is ready for those who may read it: {link}"),
        "report-analytics",
    ),
    "under-line": Wording(  # {whose} {metric} {share} {above} {below} {line} {period}
        both("{metric}低于 {line}", "{metric} is under {line}"),
        both(
            "{whose} {period}：{metric} {share}（{above} ÷ {below}），低于 {line} 的线。",
            "{whose}, {period}: {metric} {share} ({above} ÷ {below}), under the line of {line}.",
        ),
        "trending-down",
    ),
}
