"""The figures a ticket may add to a day: name → what is counted, in Chinese. Names and words only; how each is counted is facts.py."""

RECEIVED = {  # on the day it was received, under the unit that leads it now (none: the centre)
    "received": "受理",
    "outcome_direct": "直接答复",
    "outcome_transferred": "转专线",
    "outcome_refused": "不予受理",
    "outcome_merged": "并入他件",
    "outcome_closed": "办结",
    "outcome_terminated": "已终止办理",
    "outcome_open": "在办",
    "type_consult": "咨询",
    "type_help": "求助",
    "type_complaint": "投诉",
    "type_report": "举报",
    "type_suggestion": "建议",
    "type_praise": "表扬",
    "type_other": "其他",
    "at_once": "前台当场办结",
    "accept_due": "应受理",
    "accept_met": "及时受理",
    "repeated": "重复诉求",
    "proactive": "主动发现",
    "from_firm": "企业诉求",
    "matters": "受理事项",
    "rateable": "开放过评价的事项",
}
DUE = {  # on the day it was to be answered, under the unit that leads it now
    "due_all": "派遣且到期",
    "excluded_unreasonable": "剔除：不合理诉求",
    "excluded_wrong": "剔除：派错",
    "excluded_other": "剔除：其他",
    "paused": "暂停中",
    "due": "应办结",
    "closed_on_time": "按时办结",
    "closed_late": "超期办结",
    "overdue": "超期未办",
    "reworking": "重办中",
    "ledgered": "挂账",
    "answered": "已答复待办结",
    "kept": "按时答复",
    "judged": "评过的",
    "dissatisfied": "不满意",
    "worked_days": "办理工作日合计",
    "worked": "已答复",
}
CLOSED = {"ended": "办结", "one_go": "一次化解"}  # on the day it was closed
REPLIED = {"replied": "答复", "reworked": "重办"}  # on the day of the last reply
INVITED = {"invited": "邀评", "rated": "已评"}  # on the day the citizen was first asked for a rating
SENT = {"sent": "派遣", "sent_returned": "退单", "sent_extended": "延期"}  # on the day of each sending, under the unit it was sent to
CLOCKS = {  # on the day each limit fell due, under the unit that had to keep it
    "sign_due": "应签收",
    "sign_met": "30 分钟内签收",
    "respond_due": "应响应",
    "respond_met": "30 分钟内响应",
    "handle_due": "应处理",
    "handle_done": "已处理",
    "tell_due": "应告知",
    "tell_done": "已告知",
    "feedback_due": "应反馈",
    "feedback_done": "已反馈",
    "contact_due": "差评应联系",
    "contact_met": "1 个工作日内联系",
    "rectify_due": "差评应整改",
    "rectify_met": "按时整改",
}
CALLED = {  # on the day of each call back
    "calls": "回访次数",
    "reached": "打通",
    "contacted_asked": "答了“联系过没有”",
    "contacted_yes": "联系过",
    "solved_asked": "答了“解决没有”",
    "solved_yes": "解决了",
    "satisfied_asked": "答了满意度",
    "satisfied_yes": "基本满意以上",
}
RATED = {  # on the day of each rating, under the unit and by the channel it was given for
    "ratings": "评价",
    "good": "好评",
    "score_5": "非常满意",
    "score_4": "满意",
    "score_3": "基本满意",
    "score_2": "不满意",
    "score_1": "非常不满意",
    "by_web": "网页评价",
    "by_wechat": "微信评价",
    "by_sms": "短信评价",
    "by_phone": "电话评价",
    "by_hall": "大厅评价",
    "again": "整改后再评",
    "bad_named": "实名差评",
    "bad_rectified": "已整改",
    "bad_revisited": "已回访",
}
WORDS: dict[str, str] = RECEIVED | DUE | CLOSED | REPLIED | INVITED | SENT | CLOCKS | CALLED | RATED
FIGURES: tuple[str, ...] = tuple(WORDS)
UNTIL_YESTERDAY = frozenset({*DUE, *CLOCKS})  # a limit may run to 24:00: the day counts when it is over
OUTCOMES = tuple(name for name in RECEIVED if name.startswith("outcome_"))
TYPES = tuple(name for name in RECEIVED if name.startswith("type_"))
SCORES = tuple(name for name in RATED if name.startswith("score_"))
RATED_BY = tuple(name for name in RATED if name.startswith("by_"))
EXCLUDED = tuple(name for name in DUE if name.startswith("excluded_"))
