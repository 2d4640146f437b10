"""The Chinese word of every stored code, and the citizen's line for every state. English is the catalogue's business; pages translate these."""

from tickets import evaluation_words

STATUS = {
    "registered": "待派单", "direct-closed": "直接答复", "emergency-transferred": "已转专线", "refused": "不予受理", "merged": "已并入",
    "dispatched": "待签收", "signed": "已签收", "handling": "办理中", "return-requested": "申请退单", "disputed": "争议中", "suspended": "暂停计时",
    "replied": "待审核", "follow-up": "待回访", "ledgered": "挂账", "terminated": "已终止", "closed": "已办结", "archived": "已归档",
}
# the six labels a citizen sees (domain §3), and the four endings beside them; the number is the step on the rail
PUBLIC = {
    "registered": ("已受理", 1), "dispatched": ("已转办", 2), "signed": ("已转办", 2), "return-requested": ("已转办", 2), "disputed": ("已转办", 2),
    "handling": ("办理中", 3), "suspended": ("办理中", 3), "ledgered": ("办理中", 3), "replied": ("已答复", 4), "follow-up": ("待评价", 5),
    "closed": ("已办结", 6), "archived": ("已办结", 6), "direct-closed": ("已办结", 6), "terminated": ("已终止办理", 6), "refused": ("不予受理", 1),
    "emergency-transferred": ("已转专线", 1), "merged": ("已并入", 2),
}
STEPS = ("已受理", "已转办", "办理中", "已答复", "待评价", "已办结")
STAGES = ("信息收集", "案卷建立", "任务派遣", "案件处置", "督办反馈", "核查结案")  # R37: a city-management matter is in the one after its public step
CHANNEL = {"phone": "电话", "wechat": "微信", "web": "网页", "sms": "短信", "email": "邮件", "open311": "Open311", "visit": "走访", "patrol": "巡查",
           "transfer": "上级转办", "api": "接口"}
APPEAL_TYPE = {"consult": "咨询", "help": "求助", "complaint": "投诉", "report": "举报", "suggestion": "建议", "praise": "表扬", "other": "其他"}
URGENCY = {"ordinary": "普通", "urgent": "紧急", "critical": "特急"}
TRACK = {"general": "普通诉求", "urgent": "紧急", "enterprise": "企业诉求", "consumer": "消费纠纷", "petition-simple": "初信初访", "petition-ordinary": "普通信访",
         "city-event": "城市事件"}
APPELLANT_KIND = {"person": "个人", "firm": "企业", "organisation": "单位", "anonymous": "匿名", "hidden": "保密"}
RESULT = {"resolved": "已解决", "partly": "部分解决", "explained": "解释说明", "objectively-blocked": "客观上办不到", "unreasonable": "诉求不合理"}
# R79: how to answer in each situation, to write after; what stands in （） is filled in
REPLY_MODEL = {
    "resolved": "您好，您反映的（什么事）已经办好：（哪天）（谁）到现场，（做了什么），（现在怎样）。之后再出现，请打（电话）找（谁）。",
    "partly": "您好，您反映的（什么事）办好了（哪一部分）：（做了什么）。还没办好的是（哪一部分），因为（原因），（哪天）前办好，这段时间先（怎么过渡），联系人（谁、电话）。",
    "explained": "您好，您问的（什么事），按（哪条规定）是这样：（用大白话说）。您的情况（适用哪一条），可以（怎么办、带什么、去哪里、几天）。不清楚的打（电话）。",
    "objectively-blocked": "您好，您反映的（什么事）现在办不了，因为（客观原因和依据）。我们先（做什么缓解），（哪天）或（什么条件）后再办，到时（谁）告诉您。",
    "unreasonable": "您好，您反映的（什么事）已到现场（或查记录）核实：（查到的事实）。按（哪条规定）不能支持，因为（理由）。不同意可以（走哪条路、多久内）。",
}
PAUSE_CODE = {"applicant-supplement": "等申请人补材料", "statutory-test": "检定、检验、检测、鉴定", "publicity-hearing-tender": "公示、评审、听证、招投标"}
RETURN_REASON = {"not-our-duty": "不属本单位职责", "other-area": "不在本辖区", "duplicate": "重复件", "wrong-category": "分类有误", "missing-facts": "要素不全，无法办理",
                 "needs-joint-handling": "要多部门一起办"}
REFUSAL = {
    "litigation": "已进入诉讼", "arbitration": "已进入仲裁", "discipline": "属纪检监察", "reconsideration": "属行政复议", "info-disclosure": "属信息公开申请",
    "in-petition": "正在信访办理", "state-secret": "涉及国家秘密", "trade-secret": "涉及商业秘密", "privacy": "涉及个人隐私", "public-morals": "违背公序良俗",
    "out-of-area": "不在本市", "party-npc-court-army": "属党委、人大、法院、军队", "emergency-line": "属紧急专线", "done-no-new-fact": "已办结且没有新情况",
    "market-or-social": "属市场或社会服务",
}
# where the law sends a refused matter (WF §19); stored on the event as it was said
ROUTE = {
    "litigation": "人民法院", "arbitration": "仲裁委员会", "discipline": "12388 纪检监察举报", "reconsideration": "司法局行政复议窗口",
    "info-disclosure": "政府信息公开申请", "in-petition": "原信访办理机关", "state-secret": "保密行政管理部门", "trade-secret": "当事人协商或人民法院",
    "privacy": "公安机关或人民法院", "public-morals": "不予受理，不另转送", "out-of-area": "属地 12345", "party-npc-court-army": "相应机关的来信来访渠道",
    "emergency-line": "110、119、120、122", "done-no-new-fact": "原办理结果；有新情况可再来电", "market-or-social": "市场服务或社会组织",
}
DEFECT = {"missing-element": "四要素不全", "not-answered": "没有正面回答", "untrue": "内容不实", "no-contact": "没有联系市民", "no-evidence": "没有佐证",
          "wrong-result": "结果定性不对", "unclear": "说得不清楚"}
CONTACT_METHOD = {"phone": "电话", "visit": "上门", "message": "短信或微信", "video": "视频", "anonymous": "匿名，无法联系"}
CONTACT_RESULT = {"reached": "联系上了", "arrived": "到了现场", "unreachable": "没联系上", "not-possible": "没有联系方式"}
TERMINATION_GROUND = {"appellant-withdrew": "市民撤回", "settled-between-parties": "双方已和解", "no-agreement": "双方达不成协议", "matter-vanished": "事由已消失", "entered-legal-procedure": "已进入法定程序",
                      "appellant-uncooperative": "市民不配合，无法继续"}
ELIGIBILITY = {"first": "初次提出", "facts-clear": "事实清楚", "duty-clear": "责任明确", "easy": "易于解决"}
CHECK_OUTCOME = {"filed": "立案查处", "not-filed": "不予立案", "handed-over": "移送有权部门"}
NOTICE_METHOD = {"in-person": "当面送达", "mail": "邮寄", "phone": "电话", "message": "短信或微信"}
PROCEDURE = {"consumer": "组织调解", "instant": "即时办结", "simple": "简易办理", "ordinary": "普通程序"}
FOLLOW_UP_OUTCOME = {"close": "办结", "rework": "发回重办", "explain": "已依法解释，办结"}
RISK_FLAG = {"threat": "扬言", "safety": "安全隐患", "crowd": "聚集", "vulnerable": "老弱受困"}
TASK_STATE = {"open": "待签收", "signed": "办理中", "replied": "已回复", "released": "已放行"}
UNIT_KIND = {"city": "市", "centre": "热线中心", "district": "区", "department": "部门", "street": "街道", "company": "公共服务企业", "section": "科室"}
ROLE = {"agent": "受理员", "dispatcher": "派单员", "auditor": "审核员", "panel": "争议裁定", "follow-up": "回访员", "supervisor": "督办员", "leader": "市领导",
        "publisher": "发布员", "admin": "管理员", "discipline": "纪检监察", "integration": "外部系统", "liaison": "联络员", "handler": "承办人", "head": "负责人",
        "citizen": "市民", "system": "系统"}
SCORE = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
SHIFT = {"night": "夜班 18:00 至次日 8:30", "day": "白班 8:30 至 18:00", "whole": "全天 8:30 至次日 8:30"}
ABSENCE = {"leave": "休假", "trip": "出差", "meeting": "开会", "training": "培训", "other": "其他"}
REQUEST_KIND = {"return": "退单", "extension": "延期", "suspension": "暂停计时", "ledger": "挂账", "dispute": "争议", "termination": "终止调解"}
ACTION = {
    "register": "登记", "answer-directly": "当场答复", "transfer-emergency": "转紧急专线", "refuse": "不予受理", "merge": "并入", "split": "拆开单办",
    "child-joined": "并入一件", "child-supplement": "并件市民补充", "classify": "改分类", "set-urgency": "改紧急程度", "urge": "催办", "supplement": "补充", "recuse": "回避", "dispatch": "派单",
    "dispatch-by-rule": "按目录派单", "recall": "撤回派单", "request-return": "申请退单", "accept-return": "同意退单并改派", "deny-return": "不同意退单",
    "dispute": "提出争议", "rule": "裁定", "sign": "签收", "contact": "首次联系", "contact-again": "再次联系", "note": "记录", "request-extension": "申请延期",
    "grant-extension": "同意延期", "deny-extension": "不同意延期", "request-suspension": "申请暂停计时", "grant-suspension": "同意暂停计时",
    "deny-suspension": "不同意暂停计时", "resume": "恢复计时", "terminate": "终止办理", "request-termination": "申请终止调解", "deny-termination": "不同意终止调解", "draft-reply": "起草答复", "reply": "答复", "add-task": "派协办",
    "sign-task": "协办签收", "reply-task": "协办回复", "release-task": "放行协办", "grade-task": "给协办打分", "approve-reply": "审核通过", "check-on-site": "现场核查", "reject-reply": "发回重办",
    "request-ledger": "申请挂账", "confirm-ledger": "挂账", "fulfil": "兑现承诺", "follow-up": "回访未通", "close": "办结", "close-unasked": "自动办结",
    "accept": "受理", "interim-reply": "先行答复", "find-violation": "发现违法线索", "open-case": "另案核查", "conclude-check": "核查结论",
    "close-case": "核查办结", "tell-reporter": "告知举报人", "tell-parties": "告知双方", "rework": "回访发回重办", "rate": "评价", "archive": "归档", "reveal": "查看身份", "attach": "上传附件", "import": "历史导入",
    "supervise": "开督办", "accept-order": "督办回执", "inspect": "督查", "coordinate": "顶格协调", "meet": "现场办公或约谈", "list-publicly": "挂牌督办",
    "write-off": "督办销号", "urge-unit": "督办员催办", "explain-card": "单位说明原因", "rule-card": "裁定说明", "write-off-card": "台账销账", "hold-to-account": "追责",
    "raise-dossier": "报上会", "submit-dossier": "报政府办公厅", "decide-dossier": "会议决定", "withdraw-dossier": "撤回上会材料", "refer": "移送纪检监察", "conclude-referral": "登记移送结果",
}
ACTION |= evaluation_words.ACTION
EVERY = (STATUS, ROUTE, {status: label for status, (label, _) in PUBLIC.items()}, CHANNEL, APPEAL_TYPE, URGENCY, TRACK, APPELLANT_KIND, RESULT, PAUSE_CODE, RETURN_REASON, REFUSAL, DEFECT, CONTACT_METHOD,
         CONTACT_RESULT, TERMINATION_GROUND, ELIGIBILITY, CHECK_OUTCOME, NOTICE_METHOD, PROCEDURE, FOLLOW_UP_OUTCOME, RISK_FLAG, TASK_STATE, UNIT_KIND, ROLE, SCORE, ABSENCE, REQUEST_KIND, ACTION)
