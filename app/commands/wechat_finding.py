"""What `doctor` says of the WeChat official account: whether it is set up as the platform wants it, and whether what people write has its turn."""

from typing import Any

import psycopg

from app.config import Settings

LONGEST_WAIT = 60  # seconds until somebody should have had an answer


def wechat(settings: Settings, database: psycopg.Connection[Any]) -> tuple[bool, str, str] | None:
    """(well, what is said, how to mend it); None without an account."""
    if not settings.wechat_appid or database.execute("SELECT to_regclass('wechat_messages')").fetchone() == (None,):
        return None
    waiting, stuck = database.execute(
        "SELECT count(*) FILTER (WHERE tries < 3 AND arrived_at < clock_timestamp() - make_interval(secs => %s)), count(*) FILTER (WHERE tries >= 3)"
        " FROM wechat_messages WHERE done_at IS NULL",
        (LONGEST_WAIT,),
    ).fetchone() or (0, 0)
    if waiting or stuck:
        return (
            False,
            f"微信：{waiting} 条没人答，{stuck} 条出错 (WeChat: unanswered, broken)",
            "启动 scheduler 和 worker；出错的看 worker 的日志 (start both; see the worker's log)",
        )
    if settings.production and not settings.public_url.startswith("https://"):
        return (
            False,
            "微信：PUBLIC_URL 不是 https (WeChat: PUBLIC_URL is not https)",
            "公众平台只往 https 的域名送消息 (the platform wants https)",
        )
    mode = "安全模式 (safe mode)" if settings.wechat_aes_key else "明文模式，消息不加密 (plain mode: messages are not encrypted)"
    later = (
        ""
        if settings.wechat_template_id or settings.wechat_subscribe_id
        else "；没设模板，48 小时后改发短信 (no template: text messages after 48 hours)"
    )
    return True, f"微信公众号设好了，{mode}{later} (WeChat is set up)", ""
