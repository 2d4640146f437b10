"""Which column of a file is which field of ours (design §7), by given pairs first, then by the names people use. Pure."""

from app.imports.lines import Unreadable

NAMES = {
    "external_id": ("external_id", "id", "编号", "工单号", "工单编号", "外部编号", "流水号", "办件编号", "number", "case_id", "unique_key"),
    "source": ("source", "来源", "来源系统", "数据来源"),
    "received_at": (
        "received_at",
        "time",
        "受理时间",
        "来电时间",
        "反映时间",
        "登记时间",
        "时间",
        "留言时间",
        "created_date",
        "created_at",
    ),
    "channel": ("channel", "渠道", "受理渠道", "来源渠道", "诉求渠道"),
    "appeal_type": ("appeal_type", "type", "类型", "诉求类型", "工单类型"),
    "title": ("title", "标题", "诉求标题", "主题", "留言主题"),
    "content": ("content", "内容", "诉求内容", "反映内容", "留言详情", "详情", "描述", "description", "text"),
    "category": ("category", "label", "分类", "诉求分类", "一级标签", "类别", "一级分类"),
    "region": ("region", "区划", "区域", "街道", "所属街道", "行政区划", "属地"),
    "address": ("address", "地址", "地点", "位置", "事发地址", "诉求地址"),
    "appellant_name": ("appellant_name", "user", "姓名", "诉求人", "来电人", "联系人", "留言用户", "name"),
    "appellant_phone": ("appellant_phone", "phone", "电话", "联系电话", "手机", "手机号", "来电号码"),
    "unit": ("unit", "承办单位", "主办单位", "办理单位", "责任单位"),
    "status": ("status", "状态", "工单状态", "办理状态"),
    "closed_at": ("closed_at", "办结时间", "结案时间", "完成时间", "closed_date"),
}


def mapped(columns: list[str], given: tuple[str, ...] = ()) -> dict[str, str]:
    """{field: column}. `given`: "column=field" pairs, which win over the names. Raises Unreadable for an unknown column or field,
    or when nothing says where the content is."""
    chosen: dict[str, str] = {}
    for pair in given:
        column, _, name = pair.rpartition("=")
        if column not in columns:
            raise Unreadable(f"--map {pair}：文件里没有“{column}”这一列，有的是：{'、'.join(columns)} (no such column)")
        if name not in NAMES:
            raise Unreadable(f"--map {pair}：没有“{name}”这个字段，可用：{' '.join(NAMES)} (no such field)")
        if name in chosen:
            raise Unreadable(f"--map {pair}：{name} 已经对应了“{chosen[name]}” (field given twice)")
        chosen[name] = column
    free = [column for column in columns if column not in chosen.values()]
    for name, known in NAMES.items():
        fit = [column for word in known for column in free if column.strip().lower() == word]
        if name not in chosen and fit:
            chosen[name] = fit[0]
            free.remove(fit[0])
    if "content" not in chosen:
        raise Unreadable("没有找到内容列，请用 --map 列名=content 指明 (no content column; name it with --map)")
    return chosen
