"""The table of metrics (domain §10): code, name, formula, what is divided by what, target line, source. One row a metric, nothing else.

Figures are figures.py's, or a pair `others.py` brings from rows that are no ticket's.
"""

from escalation.metrics.figures import EXCLUDED
from escalation.metrics.values import COUNT, MEAN, Metric

N = "due"
LEFT_OUT = (*EXCLUDED, "paused")
INTAKE, ANSWER, CITIZEN, RATING, CONSUMER, WHISTLE, OTHER = GROUPS = ("intake", "answer", "citizen", "rating", "consumer", "whistle", "other")
GROUP_WORDS = {INTAKE: "受理", ANSWER: "办理", CITIZEN: "回访", RATING: "评价", CONSUMER: "消费纠纷", WHISTLE: "吹哨报到", OTHER: "其他"}

METRICS: tuple[Metric, ...] = (
    Metric("answered-calls", "接通率", "接起的来电 ÷ 来电", ("calls_answered",), ("calls_incoming",), "热线总体指标；GB/T 33358", target=0.95, group=INTAKE),
    Metric("answered-in-15s", "15 秒应答率", "15 秒内接起 ÷ 接起的来电", ("calls_in_15s",), ("calls_answered",), "热线总体指标", target=0.80, group=INTAKE),
    Metric("direct", "直办率", "坐席直接答复办结 ÷ 受理", ("outcome_direct",), ("received",), "淮北市热线通报", group=INTAKE),
    Metric("at-once", "前台即时办结率（一次性办结率）", "登记后 30 分钟内直接答复办结 ÷ 受理", ("at_once",), ("received",), "海口市热线工作总结；公式为本市约定", group=INTAKE),
    Metric("accepted-in-time", "及时受理率", "在派单时限内由中心派出或答复 ÷ 受理中有派单时限的", ("accept_met",), ("accept_due",), "莱州 2020", target=0.95, group=INTAKE),
    Metric("repeated", "重复诉求率", "同一人、60 天内办结过的同一事项再来 ÷ 受理", ("repeated",), ("received",), "本市约定", group=INTAKE, low=True),
    Metric("proactive", "主动发现占比", "巡查和走访发现 ÷ 受理", ("proactive",), ("received",), "莱州 2020", group=INTAKE),
    Metric("signed-in-30", "30 分钟签收率", "30 分钟内签收 ÷ 应签收（撤回、到时前转出的不算）", ("sign_met",), ("sign_due",), "海口 2020", group=ANSWER),
    Metric("responded-in-30", "响应率（海口）", "30 分钟内联系上或到场 ÷ 紧急和涉企的派单", ("respond_met",), ("respond_due",), "海口 2020；海口“大管家”办法（2019）", group=ANSWER),
    Metric("closed", "办结率（结案率）", "（按时办结 + 超期办结）÷ 应办结", ("closed_on_time", "closed_late"), (N,), "淮北市、宁国市热线通报", group=ANSWER, excluded=LEFT_OUT),
    Metric("closed-on-time", "按期办结率", "按时办结 ÷ 应办结", ("closed_on_time",), (N,), "宁国市热线通报；莱州 2020", target=0.95, group=ANSWER, excluded=LEFT_OUT),
    Metric("kept", "按期答复率", "按时答复 ÷ 应办结（不等中心回访办结）", ("kept",), (N,), "莱州 2020；公式为本市约定", target=0.95, group=ANSWER, excluded=LEFT_OUT),
    Metric("overdue", "超期未办率", "到期还没答复 ÷ 应办结", ("overdue",), (N,), "本市约定", group=ANSWER, excluded=LEFT_OUT, low=True),
    Metric("returned", "退单率", "退单（含争议）÷ 派遣次数", ("sent_returned",), ("sent",), "巴彦淖尔市、榆林市热线通报", group=ANSWER, low=True),
    Metric("reworked", "重办率", "被退回重办 ÷ 答复", ("reworked",), ("replied",), "巴彦淖尔市、榆林市热线通报", group=ANSWER, low=True),
    Metric("extended", "延期率", "准予延期 ÷ 派遣次数", ("sent_extended",), ("sent",), "巴彦淖尔市、榆林市热线通报", group=ANSWER, low=True),
    Metric("one-go", "一次化解率", "没有重办、60 天内没有再来 ÷ 办结", ("one_go",), ("ended",), "莱州 2020", group=ANSWER),
    Metric("mean-days", "平均办结时长（工作日）", "派遣到答复的工作日合计 ÷ 已答复的件数", ("worked_days",), ("worked",), "淮北市、盘锦市热线通报", kind=MEAN, group=ANSWER, low=True),
    Metric("dissatisfied", "不满意率", "最后评价或回访在不满意以下 ÷ 评过或回访过的", ("dissatisfied",), ("judged",), "宁国市热线通报", group=ANSWER, excluded=LEFT_OUT, low=True),
    Metric("response", "响应率", "回访说联系过 ÷ 回访答了这一问", ("contacted_yes",), ("contacted_asked",), "《北京市接诉即办工作条例》第三十二条；公式为本市约定", group=CITIZEN),
    Metric("resolution", "解决率", "回访说解决了 ÷ 回访答了这一问", ("solved_yes",), ("solved_asked",), "《北京市接诉即办工作条例》第三十二条；公式为本市约定", group=CITIZEN),
    Metric("satisfaction", "满意率", "回访评基本满意以上 ÷ 回访评了的；没评的不进分母", ("satisfied_yes",), ("satisfied_asked",), "《北京市接诉即办工作条例》第三十二条；公式为本市约定", group=CITIZEN),
    Metric("calls-answered", "有效回访率", "答了的回访 ÷ 应回访", ("callbacks_answered",), ("callbacks_due",), "淮北市、盘锦市热线通报", group=CITIZEN),
    Metric("good", "好评率", "基本满意以上 ÷ 全部评价；没评的不算", ("good",), ("ratings",), "海口 2020", group=RATING),
    Metric("rated", "主动评价率", "评了的事项 ÷ 邀请评价的事项", ("rated",), ("invited",), "海口 2020", group=RATING),
    Metric("coverage", "评价覆盖率", "开放过评价的事项 ÷ 受理事项（并入他件的不算）", ("rateable",), ("matters",), "海口 2020", group=RATING, excluded=("outcome_merged",)),
    Metric("bad-rectified", "实名差评整改率", "已整改 ÷ 实名差评", ("bad_rectified",), ("bad_named",), "德州“好差评”办法", group=RATING),
    Metric("bad-revisited", "实名差评回访率", "已回访 ÷ 实名差评", ("bad_revisited",), ("bad_named",), "德州“好差评”办法", target=1.0, group=RATING),
    Metric("bad-contacted", "差评按时联系率", "1 个工作日内联系 ÷ 应联系", ("contact_met",), ("contact_due",), "《上海市优化营商环境条例》第三十条", group=RATING),
    Metric("handled", "处理率", "已处理 ÷ 应处理", ("handle_done",), ("handle_due",), "莱州 2020", target=1.0, group=CONSUMER),
    Metric("told", "告知率", "已告知 ÷ 应告知", ("tell_done",), ("tell_due",), "莱州 2020", target=1.0, group=CONSUMER),
    Metric("fed-back", "反馈率", "已反馈 ÷ 应反馈", ("feedback_done",), ("feedback_due",), "莱州 2020", target=1.0, group=CONSUMER),
    Metric("checked-in", "按时报到率", "按时报到 ÷ 应报到", ("whistle_check_in_met",), ("whistle_check_in_due",), "官渡区吹哨报到办法", group=WHISTLE),
    Metric("whistles-closed", "哨件办结率", "已办结 ÷ 吹响（撤回的不算）", ("whistles_closed",), ("whistles_stood",), "官渡区吹哨报到办法", group=WHISTLE),
    Metric("whistle-rate", "吹哨率", "吹响 ÷ 街道辖区工单", ("whistles_sounded",), ("street_tickets",), "2018 年关于吹哨率的报道", group=WHISTLE),
    Metric("patrol", "巡查达标率", "时限内巡到的轮次 ÷ 应巡轮次（漏了一天按漏的轮次一轮一轮算）", ("patrols_kept",), ("patrols_due",), "莱州 2020；公式为本市约定", group=OTHER),
    Metric("accuracy", "答复准确率", "质检答复准确 ÷ 抽检", ("quality_accurate",), ("quality_settled",), "镇海 2018", group=OTHER),
    Metric("articles", "知识库更新数", "本期新增或改过的条目", ("articles_updated",), (), "淮北市、盘锦市热线通报", kind=COUNT, group=OTHER),
)
BY_CODE: dict[str, Metric] = {metric.code: metric for metric in METRICS}
THREE_RATES = ("response", "resolution", "satisfaction")
