"""Error pages in plain words: what happened, what is safe, what to do next. Which error leads here is decided where it is raised."""

from flask import Response, current_app, make_response, render_template, request

from app.web.i18n import gettext as _
from app.web.i18n import later

TITLES = {
    400: later("这个请求看不懂"),
    401: later("请先登录"),
    403: later("这一页您不能看"),
    404: later("没有这一页"),
    405: later("这里不能这样做"),
    409: later("有人先一步"),
    410: later("这个链接已经过期"),
    412: later("有人先一步"),
    413: later("东西太大了"),
    415: later("这种文件不收"),
    422: later("有几处要改一下"),
    429: later("太快了，歇一会儿"),
    500: later("我们这边出错了"),
    503: later("暂时忙不过来"),
}
ADVICE = {
    400: later("什么都没有改动。请回到上一页再试。"),
    401: later("登录后会回到这一页。"),
    403: later("什么都没有改动。要办这件事，请找您的管理员开通，或换一个账号。"),
    404: later("地址可能抄错了，或这件已经不归您看。"),
    405: later("什么都没有改动。请回到上一页，用页面上的按钮。"),
    409: later("您写的没有存进去，别人的已经存好。请看看现在的样子，还要改就再改。"),
    410: later("请从最近一条短信里再点一次，或打 12345。"),
    412: later("您写的没有存进去，别人的已经存好。请看看现在的样子，还要改就再改。"),
    413: later("什么都没有存进去。请把照片缩小，或分几次传。"),
    415: later("什么都没有存进去。照片请用 JPG、PNG、WebP，录音请用 MP3、M4A、WAV。"),
    422: later("您写的都在。请回到上一页改好再交。"),
    429: later("什么都没有丢。请等一分钟再试；急事请打 12345。"),
    500: later("已经办好的都在，刚才这一步没有做成。请再试一次；还不行，把请求号告诉维护人员。"),
    503: later("已经办好的都在。请过一会儿再试；急事请打 12345。"),
}


def error_page(status: int, text: str | None = None, number: str = "", back: str = "") -> Response:
    """The page of a refusal, in the person's language and frame. `text`: the refusal's own sentence, already translated; `number`:
    the request's, for the maintainers; `back`: where the main button leads, else the same address (GET) or the page before."""
    known = status if status in TITLES else 500 if status >= 500 else 400
    base = "base/public.html" if not _inside() else "base/bare.html"
    answer = make_response(
        render_template(
            "errors/error.html",
            base=base,
            status=status,
            title=_(TITLES[known]),
            text=text,
            advice=_(ADVICE[known]),
            number=number,
            back=back or (request.full_path.rstrip("?") if request.method == "GET" else request.referrer or "/"),
            again=status in (409, 412, 429, 500, 503),
        ),
        status,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _inside() -> bool:
    """Whether somebody is signed in: citizens get the public head, people of the house a bare page."""
    return bool(current_app.extensions["frame"]().get("me"))
