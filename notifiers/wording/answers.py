"""To citizens: the answers to what they wrote, the same in every channel. How their words are read is app/citizen_words.py's."""

from notifiers.wording.forms import NONE, Wording, both

# holes: {sign} (empty where the channel names us) {tail} {code} {state} {unit} {due} {moment} {list} {n} {link}
ANSWERS = {
    "said-help": Wording(
        NONE,
        both(
            "{sign}直接写事情和地点就能登记。也可以发：“进度”查进度，“催办”催一催，“新”加内容另说一件，1 到 5 给答复打分（5 最满意），“退订”不再收。急事请打 12345。",
            "{sign}Write what happened and where, and it is filed. Or send: STATUS, URGE, NEW and a matter, 1-5 to rate an answer (5 is best), STOP. In a hurry call 12345.",
        ),
    ),
    "said-progress": Wording(
        NONE,
        both(
            "{sign}尾号 {tail}：{state}。{unit}在办，最晚 {due} 答复您。{link}",
            "{sign}Matter {tail}: {state}. {unit} has it and answers by {due}. {link}",
        ),
    ),
    "said-progress-late": Wording(
        NONE,
        both(
            "{sign}尾号 {tail}：{state}。{unit}本该 {due} 前答复，已经晚了。回“催办”我们去催。{link}",
            "{sign}Matter {tail}: {state}. {unit} should have answered by {due} and is late. Reply URGE. {link}",
        ),
    ),
    "said-progress-answered": Wording(
        NONE,
        both(
            "{sign}尾号 {tail}：{state}，{unit}已答复。看答复：{link} 回 1 到 5 打分，5 最满意。",
            "{sign}Matter {tail}: {state}, answered by {unit}: {link} Reply 1-5 to rate, 5 is best.",
        ),
    ),
    "said-progress-plain": Wording(NONE, both("{sign}尾号 {tail}：{state}。{link}", "{sign}Matter {tail}: {state}. {link}")),
    "said-progress-other": Wording(
        NONE,
        both(
            "{sign}查询码 {code}：{state}。请用登记时留的号码来查，才能看到单位和日期。",
            "{sign}Code {code}: {state}. Ask from the number left with the matter to learn unit and date.",
        ),
    ),
    "said-progress-several": Wording(
        NONE,
        both(
            "{sign}您有 {n} 件：{list}。发“进度”加查询码看其中一件。",
            "{sign}You have {n} matters: {list}. Send STATUS and a code for one of them.",
        ),
    ),
    "said-no-code": Wording(
        NONE,
        both(
            "{sign}没有查到 {code} 这个查询码。它是 10 位数字，在受理短信或回执里。",
            "{sign}No matter has the code {code}. It has 10 digits; see our first message or your receipt.",
        ),
    ),
    "said-no-matter": Wording(
        NONE,
        both(
            "{sign}这个号码没有在办的事。写下发生了什么、在哪里，发过来就登记。",
            "{sign}This number has no open matter. Write what happened and where, and we file it.",
        ),
    ),
    "said-which": Wording(
        NONE,
        both(
            "{sign}您有 {n} 件在办，这次说的是哪一件？{list}。请回它的查询码；是另一件事，请回“新”。",
            "{sign}You have {n} open matters. Which one is this? {list}. Reply its code, or NEW if it is another matter.",
        ),
    ),
    "said-supplemented": Wording(
        NONE,
        both(
            "{sign}补充已加到尾号 {tail}，办事的人看得到。若是另一件事，请发“新”加内容。",
            "{sign}Added to matter {tail}; whoever handles it sees it. If it is another matter, send NEW and the words.",
        ),
    ),
    "said-ended": Wording(
        NONE,
        both(
            "{sign}尾号 {tail} 已经办完，不能再补充。有新情况请发“新”加内容。",
            "{sign}Matter {tail} has ended. If something new happened, send NEW and the words.",
        ),
    ),
    "said-urged": Wording(NONE, both("{sign}尾号 {tail}，已替您催{unit}。", "{sign}We have urged {unit} on your matter {tail}.")),
    "said-urge-later": Wording(
        NONE,
        both(
            "{sign}尾号 {tail} 现在还不用催，{moment} 以后可以。急的话请打 12345。",
            "{sign}Matter {tail} can be urged after {moment}. In a hurry call 12345.",
        ),
    ),
    "said-urge-none": Wording(
        NONE,
        both(
            "{sign}尾号 {tail} 现在不用催：{state}，没有单位压着它。",
            "{sign}Matter {tail} needs no urging: {state}, no unit holds it back.",
        ),
    ),
    "said-rated-good": Wording(
        NONE, both("{sign}收到您给尾号 {tail} 打的 {n} 分，谢谢。", "{sign}Thank you for rating matter {tail} with {n}.")
    ),
    "said-rated-bad": Wording(
        NONE,
        both(
            "{sign}收到您给尾号 {tail} 打的 {n} 分。对不起没办好，1 个工作日内会有人联系您。",
            "{sign}You rated matter {tail} with {n}. We are sorry; somebody contacts you within one working day.",
        ),
    ),
    "said-rated-already": Wording(
        NONE, both("{sign}尾号 {tail} 您已经评价过了，谢谢。", "{sign}You have rated matter {tail} already, thank you.")
    ),
    "said-rate-none": Wording(
        NONE,
        both(
            "{sign}现在没有等您打分的答复。查进度请发“进度”。",
            "{sign}No answer waits for your rating. Send STATUS to see how things stand.",
        ),
    ),
    "said-rate-which": Wording(
        NONE,
        both(
            "{sign}有 {n} 件答复等您打分：{list}。请回分数加查询码，如“5 {code}”。",
            "{sign}{n} answers wait for your rating: {list}. Reply score and code, such as 5 {code}.",
        ),
    ),
    "said-out": Wording(
        NONE,
        both(
            "{sign}退订好了。受理、答复、改期这三样按规定仍会告诉您，别的不再发。想再收请回“恢复”。",
            "{sign}You are off the list. By law we still tell you when a matter is taken, answered or moved. Send START to come back.",
        ),
    ),
    "said-in": Wording(NONE, both("{sign}恢复好了，办理的进展会告诉您。", "{sign}You are back on the list; we tell you how things go on.")),
    "said-danger": Wording(
        NONE,
        both(
            "{sign}有人有危险请马上打 110、119 或 120，这里也已标为特急。",
            "{sign}If anybody is in danger call 110, 119 or 120 now. We treat this as critical.",
        ),
    ),
    "said-needs-words": Wording(
        NONE,
        both(
            "{sign}照片收到了。请再发一句话：发生了什么、在哪里。", "{sign}We have your photo. Please send a line: what happened and where."
        ),
    ),
    "said-photo-lost": Wording(
        NONE,
        both(
            "{sign}尾号 {tail} 有照片没有收到（太大、打不开，或不是照片），请再发一次，或在这里传：{link}",
            "{sign}Matter {tail}: a photo did not arrive (too large, broken, or no photo). Send it again, or add it here: {link}",
        ),
    ),
    "said-too-many": Wording(
        NONE,
        both(
            "{sign}这一小时您发得太多，先不再回了。急事请打 12345。",
            "{sign}Too many messages this hour; we answer later ones no more. In a hurry call 12345.",
        ),
    ),
    "said-refused": Wording(
        NONE, both("{sign}没能办成：{why}。请打 12345，有人接。", "{sign}That did not work: {why}. Please call 12345.")
    ),
}
