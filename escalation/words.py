"""The Chinese word of every code of this room: limits, states, reasons of a trace, rungs. English is the catalogue's business."""

LIMIT = {
    "phone-answer": "接听来电",
    "sms-response": "短信等媒体首次响应",
    "mailbox-response": "信箱首次响应",
    "web-intake": "网络诉求受理",
    "dispatch-urgent": "紧急派单",
    "dispatch": "派单",
    "sign": "签收",
    "urgent-response": "紧急响应",
    "enterprise-contact": "企业诉求首次联系",
    "first-contact": "首次联系",
    "return-window": "申请退单",
    "urgent-return-window": "申请退单（紧急）",
    "return-decision": "退单裁定",
    "dispute-decision": "异议裁定",
    "extension-request": "申请延期",
    "consult-reply": "咨询建议答复",
    "general-reply": "求助投诉举报答复",
    "complex-reply": "疑难事项答复",
    "urgent-reply": "紧急事项反馈",
    "interim-reply": "阶段性答复",
    "enterprise-start": "企业诉求核实启动",
    "enterprise-answer": "企业诉求答复",
    "enterprise-solve": "企业诉求办结",
    "consumer-accept": "消费投诉受理告知",
    "mediation": "消费投诉调解",
    "termination-notice": "终止调解告知双方",
    "violation-check": "违法线索核查",
    "reporter-told": "告知实名举报人",
    "petition-accept": "信访事项受理告知",
    "petition-relay": "信访事项转送",
    "petition-simple": "初信初访简易办理",
    "petition-instant": "时效性强的初信初访",
    "petition-ordinary": "普通信访事项",
    "petition-objection": "信访事项提出异议",
    "rework": "发回后重办",
    "ledger-promise": "挂账承诺",
    "rating-contact": "差评联系",
    "rating-contact-centre": "差评联系（中心）",
    "rectify": "整改差评",
    "rectify-hard": "差评整改（疑难）",
    "rating-review": "差评申诉裁定",
    "revisit": "整改回访",
    "exclusion-review": "剔除审核",
    "task-sign": "协办签收",
    "task-reply": "协办答复",
    "patrol-1": "一级区域巡查",
    "patrol-2": "二级区域巡查",
    "patrol-3": "其他区域巡查",
    "whistle-ratify": "应急哨补批",
    "whistle-reopen": "找茬重开",
    "whistle-emergency-sign": "应急哨签收",
    "whistle-emergency-check-in": "应急哨到场",
    "whistle-enforcement-sign": "执法哨签收",
    "whistle-enforcement-contact": "执法哨联系",
    "whistle-enforcement-check-in": "执法哨到场",
    "whistle-routine-sign": "日常哨签收",
    "whistle-routine-contact": "日常哨联系",
    "whistle-routine-check-in": "日常哨报到",
    "whistle-routine-close": "日常哨办结",
    "whistle-tough-sign": "攻坚哨签收",
    "whistle-tough-contact": "攻坚哨联系",
    "whistle-tough-check-in": "攻坚哨报到",
    "whistle-plan": "方案约定的一步",
    "whistle-look": "哨后回头看",
    "critical-reply": "危及生命财产反馈",
    "unit-reply": "本单位答复",
    "supervision": "督办",
}
STATE = {
    "running": "进行中",
    "overdue": "已超期",
    "paused": "暂停",
    "met": "按时",
    "late": "超期",
    "cancelled": "取消",
    "released": "已转出",
    "expired": "已过期",
}
LENGTH = {
    "seconds": "%(n)s 秒",
    "minutes": "%(n)s 分钟",
    "hours": "%(n)s 小时",
    "working-days": "%(n)s 个工作日",
    "calendar-days": "%(n)s 日",
    "fixed": "指定日期",
}
REASON = {
    "start": "起算日，不计",
    "working-day": "工作日",
    "make-up-day": "调休上班",
    "extension": "延期",
    "calendar-day": "自然日",
    "continuous": "连续计时",
    "weekend": "周末",
    "holiday": "节假日",
    "paused": "暂停，不计",
    "rolled": "顺延",
}
PROVISIONAL = "暂定"
CHANGE = {"extension": "批准延期", "pause": "暂停顺延", "calendar": "放假安排公布", "limit": "期限调整"}
STEP = {
    "remind-half": "提醒：时限过半",
    "remind-last": "提醒：时限将尽",
    "yellow": "黄牌：还剩一个工作日",
    "breach": "超期",
    "breach-15": "超期 15 分钟",
    "breach-30": "超期 30 分钟",
    "red": "红牌：首个逾期工作日",
    "urge": "催办通知书",
    "bulletin": "通报",
    "supervise": "督办",
    "expire": "过期",
    "dossier": "上会",
    "refused": "拒不整改",
}
LEVEL = {
    "E0": "提醒",
    "E1": "黄牌",
    "E2": "红牌",
    "E3": "催办",
    "E4": "通报",
    "E5": "督办",
    "E6": "提级",
    "E7": "上会",
    "E8": "移送",
    "late": "超期",
}
PROFILE = {"default": "通用", "haikou": "海口", "laizhou": "莱州", "weihai": "威海", "zhenhai": "镇海", "beijing": "北京", "anyang": "安阳"}
HOLIDAY = ("元旦", "农历除夕", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节", "中秋节、国庆节", "抗战胜利日")
SUPERVISION_REASON = {
    "overdue": "超过时限未办好",
    "repeated": "重复、集中反映",
    "refuses-to-receive": "拒不接收",
    "should-have-solved": "应解决而未解决",
    "bad-influence": "造成不良影响",
    "knowledge-stale": "知识库不更新",
}
SUPERVISION_STATE = {"issued": "等回执", "acknowledged": "已回执", "written-off": "已销号"}
STANDING_ORDER = {
    "overdue": "时限已过，经提醒、红牌和催办仍未办好。请主要负责人组织办理，查明原因，在督办期限内书面答复市民并报热线中心。",
    "refuses-to-receive": "超过 30 分钟仍未签收。请主要负责人立即安排签收、联系市民，并在督办期限内报热线中心。",
}
STANDING = {"done": "已落实", "under-way": "正在落实", "not-begun": "尚未落实", "hard": "难落实"}
MODE = {"check-effect": "查效果", "check-progress": "查办理进度", "check-cause": "查原因", "re-inspect": "再督查"}
MODE_FOR = dict(zip(STANDING, MODE.values(), strict=True))  # R48: which inspection is for which standing
WRITE_OFF_CLASS = {
    "implemented": "已落实",
    "satisfied-after-rework": "重办后满意",
    "judged": "已依法认定",
    "deferred": "列入计划",
    "handed-over": "移交其他途径",
}
MEETING = {"on-site": "现场办公", "interview": "约谈"}
FAULT = {"buck-passing": "推诿", "delay": "拖延", "refusal": "拒收", "untrue": "弄虚作假"}
LEDGER_STATUS = {"open": "未说明", "acknowledged": "已说明", "ordered": "已督办", "cleared": "已摘牌", "written-off": "已销账"}
RULING = {"accepted": "说明采纳", "denied": "说明不采纳"}
DOSSIER_STATE = {"raised": "等领导签报", "submitted": "已报政府办公厅", "decided": "会议已定", "withdrawn": "已撤回"}
MISCONDUCT = {"refusal": "拒不办理", "fraud": "弄虚作假", "leak": "泄露信息", "attitude": "态度恶劣"}
CONCLUSION = {"upheld": "查实", "partly": "部分查实", "unfounded": "不属实"}
