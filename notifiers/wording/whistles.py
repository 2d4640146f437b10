"""To people of the house: what happens to a whistle."""

from notifiers.wording.forms import Wording, both

# holes: {number} {kind} {street} {unit} {problem} {place} {ask} {due} {words}; of a handover {former} {person}
WHISTLES = {
    "whistle-called": Wording(
        both("{kind}：{street}叫你们", "{street} calls you: {kind}"),
        both(
            "{problem}。要做：{ask}。地点：{place}，最晚 {due} 到。哨单 {number}。",
            "{problem}. Your part: {ask}. Where: {place}, by {due}. Whistle {number}.",
        ),
        "speakerphone",
        outside=both(
            "{street}吹{kind}叫你们，最晚 {due} 到。哨单 {number}，登录看做什么、在哪里。",
            "{street} calls you ({kind}), be there by {due}. Whistle {number}: sign in for what and where.",
        ),
    ),
    "whistle-reminded": Wording(
        both("{street}又响了一遍，就等你们", "{street} calls you again"),
        both("{kind} {number}：{problem}。地点：{place}，最晚 {due} 到。", "{kind} {number}: {problem}. Where: {place}, by {due}."),
        "bell-ringing",
        outside=both("{kind} {number} 还等着你们，最晚 {due} 到。", "{kind} {number} still waits for you, by {due}."),
    ),
    "whistle-withdrawn": Wording(
        both("{kind}撤回了", "Withdrawn: {kind}"),
        both("{street}撤回了 {number}，不用去了：{words}", "{street} withdrew {number}; you need not come: {words}"),
        outside=both("{street}撤回了 {number}，不用去了。", "{street} withdrew {number}; you need not come."),
    ),
    "whistle-released": Wording(
        both("{street}放行了", "{street} lets you go"),
        both("{number}：{unit}可以离场了。结果还没报的请补上。", "{number}: {unit} may leave. Report the result if you have not yet."),
        "check",
    ),
    "whistle-scored": Wording(
        both("{street}打了分", "{street} graded you"),
        both("{number}：{unit}的打分出来了；不服可以申诉一次。", "{number}: {unit} has its grade; you may appeal once."),
        "star",
    ),
    "whistle-decided": Wording(
        both("哨办有了决定", "The whistle office decided"),
        both("{number}，{unit}：{words}", "{number}, {unit}: {words}"),
        "gavel",
        outside=both("{number}，{unit}：有了决定，登录看。", "{number}, {unit}: decided; sign in to read it."),
    ),
    "whistle-leads": Wording(
        both("改由你们牵头：{kind}", "You lead now: {kind}"),
        both("{street} {number}：哨办改定{unit}牵头。{words}", "{street} {number}: the whistle office made {unit} the lead. {words}"),
        "users",
        outside=both("{street} {number}：改由{unit}牵头，登录看原因。", "{street} {number}: {unit} leads now; sign in for the reason."),
    ),
    "whistle-to-sign": Wording(
        both("请签发：{kind}", "Please sign: {kind}"),
        both("{street} {number}：{problem}。要您签了才吹响。", "{street} {number}: {problem}. It sounds once you sign."),
        "bell",
        outside=both("{street} {number}：要您签了才吹响。", "{street} {number}: it sounds once you sign."),
    ),
    "whistle-to-ratify": Wording(
        both("请补批：{kind}", "Please ratify: {kind}"),
        both(
            "{street} {number}：{problem}。已经吹响，24 小时内要您补批。",
            "{street} {number}: {problem}. It sounds already; ratify it within 24 hours.",
        ),
        "bell",
        outside=both("{street} {number} 已经吹响，24 小时内要您补批。", "{street} {number} sounds already; ratify it within 24 hours."),
    ),
    "whistle-begun": Wording(
        both("{street}要吹{kind}", "{street} starts a whistle: {kind}"),
        both(
            "{number}：{problem}。书记、主任都签了，等哨办分派；吹响后请您协调。",
            "{number}: {problem}. Secretary and director have signed; once it sounds you coordinate.",
        ),
        "users",
        outside=both(
            "{street} {number}：书记、主任都签了，吹响后请您协调。",
            "{street} {number}: secretary and director have signed; once it sounds you coordinate.",
        ),
    ),
    "whistle-to-coordinate": Wording(
        both("请协调：{kind}", "Please coordinate: {kind}"),
        both(
            "{street} {number} 吹响了：{problem}。地点：{place}。请您牵头协调各家。",
            "{street} {number} sounds: {problem}. Where: {place}. Please coordinate the departments.",
        ),
        "users",
        outside=both("{street} {number} 吹响了，请您牵头协调各家。", "{street} {number} sounds; please coordinate the departments."),
    ),
    "whistle-planned": Wording(
        both("方案里有你们的一步", "A step of the plan is yours"),
        both("{number}：{unit}，{ask}，最晚 {due} 办好。", "{number}: {unit}, {ask}, done by {due}."),
        "checklist",
        outside=both(
            "{number}：{unit}有一步最晚 {due} 办好，登录看做什么。", "{number}: {unit} has a step due by {due}; sign in for what."
        ),
    ),
    "whistle-handed-over": Wording(
        both("换段长：{unit}", "In charge: {unit}"),
        both(
            "{number}，{unit}：{ask}，最晚 {due} 办好。段长 {former} → {person}：{words}",
            "{number}, {unit}: {ask}, done by {due}. In charge: {former} → {person}. {words}",
        ),
        "users",
        outside=both(
            "{number}：{unit}有一步换了段长，最晚 {due} 办好，登录看。",
            "{number}: a step of {unit} has changed hands, due by {due}; sign in for what.",
        ),
    ),
    "whistle-to-triage": Wording(
        both("请分派：{kind}", "Please assign: {kind}"),
        both("{street} {number}：{problem}。请定牵头和协同单位。", "{street} {number}: {problem}. Name the lead and the assistants."),
        "bell",
        outside=both("{street} {number}：请定牵头和协同单位。", "{street} {number}: name the lead and the assistants."),
    ),
    "whistle-to-decide": Wording(
        both("请决定：{unit}", "Please decide: {unit}"),
        both("{number}，{unit}提出：{words}", "{number}, {unit} says: {words}"),
        "gavel",
        outside=both("{number}，{unit}提出了异议或申诉，等您决定。", "{number}: {unit} objects or appeals; you decide."),
    ),
    "whistle-sent-back": Wording(
        both("{kind}退回来了", "Sent back: {kind}"),
        both("{number}：{words}", "{number}: {words}"),
        outside=both("{number} 退回来了，登录看原因。", "{number} was sent back; sign in for the reason."),
    ),
    "whistle-unsigned": Wording(
        both("{kind}没有签发", "Not signed: {kind}"),
        both("{number}：{words}", "{number}: {words}"),
        outside=both("{number} 没有签发，登录看原因。", "{number} was not signed; sign in for the reason."),
    ),
    "whistle-absent": Wording(
        both("{unit}到点没来", "{unit} did not come"),
        both(
            "{number}：{unit}过了报到时限还没到，已记入台账并报区里。",
            "{number}: {unit} missed its check-in limit; the ledger and the district know.",
        ),
        "alarm",
    ),
}
