"""The sentences of the API itself, in one place so that all of them are translated. What a verb refuses is said by the verb."""

REQUIRED = "必填"
NULL = "不能为空"
UNKNOWN = "没有这个字段"
BAD_OBJECT = "要是一个 JSON 对象"
BAD_TEXT = "要是文字"
BAD_NUMBER = "要是数字"
BAD_WHOLE = "要是整数"
BAD_FLAG = "要是 true 或 false"
BAD_LIST = "要是一个数组"
BAD_MOMENT = "要是带时区的时间，例如 2026-09-28T10:00:00+08:00"
BAD_DAY = "要是一天，例如 2026-09-28"
BAD_SCHEME = "格式不对"
FAR_MOMENT = "年份要在 2000 到 2100 之间"
NOT_SHOWN = "有不能显示的字符，请删去"
TOO_LONG = "最多 %(most)s 个字"
BLANK = "不能是空的"
ONE_OF = "只能是：%(codes)s"
BETWEEN = "要在 %(least)s 到 %(most)s 之间"
TOO_MANY_ITEMS = "最多 %(most)s 个"
BAD_BASE64 = "要是 base64 编码的图片"

NO_JSON = "请求体要是 JSON，并带 Content-Type: application/json"
BROKEN_JSON = "请求体不是合法的 JSON"
NO_FORM = "要用 multipart/form-data 上传，文件放在 file 字段里"
BAD_KEY = "Idempotency-Key 要是 1 到 200 个可打印的英文字符"

NOT_YOURS = "您的岗位不能办这一步"

TITLES = {
    400: "请求不对",
    401: "没有登录",
    403: "不能办",
    404: "没有找到",
    405: "不支持这种请求方法",
    406: "给不了这种格式",
    408: "请求超时",
    409: "状态不对",
    412: "已被别人改过",
    413: "太大了",
    414: "网址太长",
    415: "不支持这种内容类型",
    422: "填写有误",
    429: "太频繁",
    431: "请求头太大",
    500: "系统出错",
    503: "暂时不可用",
}
SAID = {
    400: "请求格式不对，请检查后再试",
    404: "没有这个地址，或者不归您看",
    405: "这个地址不支持这种请求方法",
    406: "只能给 application/json",
    408: "请求没有传完，请再试一次",
    413: "内容太大，请压缩后再试",
    414: "网址太长，请改用更短的筛选条件",
    415: "不支持这种内容类型",
    429: "请求太频繁，请稍后再试",
    431: "请求头太大",
    500: "系统出错了，已记录，请稍后再试",
    503: "系统暂时忙，请稍后再试",
}
AT_ONCE = "有人同时办了这一件，请看最新的再办"
ALREADY = "已经有同样的一条了，请刷新看看"

API_TITLE = "哨响 12345"

BAD_INPUT = "有几处需要改一下"  # app.errors.Invalid says it when nothing more particular is said
