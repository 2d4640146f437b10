"""The Chinese word of every stored code of evaluation. English is the catalogue's business; pages translate these."""

CALL_KIND = {"reply": "答复回访", "due": "到期回访", "revisit": "整改回访", "look-back": "回头看"}
CALL_REASON = {"all": "每件都打", "sampled": "抽中", "bad": "差评", "sealed": "密封举报"}
CALL_RESULT = {"answered": "打通了", "unreachable": "联系不上", "not-drawn": "没抽中", "moved-on": "工单往前走了"}
LOOK_BACK = {"good": "还是好的", "relapse": "又出问题了"}
LOOP_STATE = {
    "counted": "匿名，只计数",
    "open": "待联系",
    "contacted": "待定类",
    "rectifying": "整改中",
    "appealed": "申诉待审",
    "told": "待中心回访",
    "upheld": "申诉成立，待回访",
    "closed": "已结束",
}
CLASS = {"clear": "情况清楚，马上改", "complex": "情况复杂，限期改", "no-legal-basis": "没有法律依据，解释", "mistaken": "误评或失实，申诉"}
LOOP_OUTCOME = {
    "settled": "改好了",
    "explained": "已依法解释",
    "upheld": "申诉成立",
    "unreachable": "联系不上",
    "redone": "没改好，重新整改",
}
TOLD = {"phone": "电话", "visit": "上门", "message": "短信或微信"}
RULING = {"uphold": "申诉成立", "deny": "申诉不成立，要整改"}
EXCLUSION_GROUND = {
    "unreasonable": "诉求不合理",
    "wrongly-dispatched": "派错了单位",
    "malicious": "恶意骚扰",
    "beyond-law": "超出法定职责",
    "force-majeure": "不可抗力",
}
EXCLUSION_STATE = {"asked": "待初审", "seconded": "初审同意，待复核", "approved": "已剔除", "denied": "不同意", "withdrawn": "已撤回"}
ELEMENT = {"time": "时间", "person": "对象", "measures": "措施", "limit": "时限"}
CHECK_STATE = {"open": "待打分", "split": "两人不一致，待第三人", "settled": "有结论"}
SAMPLE_KIND = {"call-back": "回访抽样", "look-back": "回头看抽样", "quality": "质检抽样", "direct": "当场答复质检抽样"}
ACTION = {
    "bad-rating": "差评进入整改",
    "try-rater": "联系差评市民未通",
    "contact-rater": "联系了差评市民",
    "classify-rating": "差评定类",
    "appeal-rating": "差评申诉",
    "rule-rating": "差评申诉裁定",
    "refuse-rectification": "拒不整改",
    "rectify": "整改完成并告知",
    "revisit": "整改回访",
    "redo-rectification": "重新整改",
    "miss-call": "回访没打通",
    "ask-on-due": "到期回访",
    "look-back": "回头看",
    "ask-exclusion": "申请剔除",
    "second-exclusion": "剔除初审同意",
    "decide-exclusion": "剔除决定",
    "withdraw-exclusion": "撤回剔除申请",
}
EVERY = (
    CALL_KIND,
    CALL_REASON,
    CALL_RESULT,
    LOOK_BACK,
    LOOP_STATE,
    CLASS,
    LOOP_OUTCOME,
    TOLD,
    RULING,
    EXCLUSION_GROUND,
    EXCLUSION_STATE,
    ELEMENT,
    CHECK_STATE,
    SAMPLE_KIND,
    ACTION,
)
