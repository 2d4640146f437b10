"""The Chinese word of every stored code of the whistle room. English is the catalogue's business; pages translate these."""

KIND = {"emergency": "应急哨", "enforcement": "执法哨", "routine": "日常哨", "tough": "攻坚哨"}
STATUS = {
    "draft": "待街道领导签发",
    "approved": "待哨办分派",
    "sounded": "已吹响",
    "joint-handling": "现场处置",
    "released": "待打分",
    "evaluated": "已打分",
    "closed": "已办结",
    "withdrawn": "已撤回",
}
STATE = {
    "called": "叫了，等签收",
    "signed": "签了，没到",
    "contacted": "联系过，没到",
    "checked-in": "到了",
    "result-submitted": "到了，报了结果",
    "released": "已放行",
    "no-show": "缺席",
    "excused": "异议成立，不用来",
}
SOURCE = {"ticket": "热线诉求", "patrol": "巡查", "petition": "信访", "meeting": "会议"}
HOW = {"geo": "定位", "qr": "扫码", "remote": "远程"}
METHOD = {"phone": "电话", "visit": "上门", "message": "短信或微信", "video": "视频"}
GRADE = {"speed": "到场速度", "handling": "处置", "result": "结果", "bonus": "加分"}
ACTION = {
    "blow": "起草吹哨",
    "revise": "改了哨单",
    "co-sign": "签发（还差一位）",
    "approve": "签发了",
    "reject": "没有同意吹哨",
    "sound-at-once": "吹响",
    "sound": "吹响",
    "ratify": "补批了",
    "withdraw": "撤回了",
    "triage": "分派",
    "send-back": "退回街道了",
    "add-summons": "加叫了一家",
    "remind": "又响了一遍",
    "decide-objection": "异议不成立",
    "uphold-objection": "异议成立",
    "change-lead": "改定牵头",
    "sign": "签收了",
    "contact": "联系过街道",
    "set-out": "出发",
    "object": "提出异议",
    "check-in": "到场报到了",
    "outcome": "报了结果",
    "outcome-after": "报了结果",
    "note": "现场记录",
    "plan": "定了一步",
    "plan-done": "办好一步",
    "hand-over-step": "换了段长",
    "no-show": "到点没来",
    "release": "放行了",
    "let-go": "不再等没来的",
    "end": "全部放行了",
    "score": "打了分",
    "rate-assistant": "牵头给协同打分",
    "evaluate": "打分完毕",
    "close": "办结",
    "appeal": "对打分申诉",
    "explain-card": "对缺席作了说明",
    "rule-card": "督办裁定了说明",
    "inspect": "督办再查",
    "write-off-card": "督办销账",
    "decide-appeal": "申诉有了决定",
    "rate": "市民评价",
    "look-again": "回头看",
    "reopen": "找茬后重新吹响",
}
EVERY = (KIND, STATUS, STATE, SOURCE, HOW, METHOD, GRADE, ACTION)
