"""The account's menu: three buttons, what is behind each is a command of the conversation (talk.py's MENU) or a page of the portal."""

from app.config import Settings


def menu_of(settings: Settings) -> dict:
    """The menu as the platform takes it."""
    site = settings.public_url.rstrip("/")
    return {
        "button": [
            {"type": "click", "name": "我要反映", "key": "FILE"},
            {
                "name": "我的诉求",
                "sub_button": [
                    _click("办到哪一步", "STATUS"),
                    _click("补充", "SUPPLEMENT"),
                    _click("催办", "URGE"),
                    _click("评价", "RATE"),
                    {"type": "view", "name": "全部诉求", "url": f"{site}/wechat/enter"},
                ],
            },
            {
                "name": "帮助",
                "sub_button": [
                    _click("怎么用", "HELP"),
                    _click("绑定手机号", "BIND"),
                    {"type": "view", "name": "解答", "url": f"{site}/answers"},
                    {"type": "view", "name": "办事流程", "url": f"{site}/flow"},
                ],
            },
        ]
    }


def _click(name: str, key: str) -> dict:
    return {"type": "click", "name": name, "key": key}
