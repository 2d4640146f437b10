"""Somebody with WeChat on their telephone, as tests act for them: what they send goes through the platform's stand-in, the hook, the jobs and back."""

from datetime import datetime

from app import clock
from app.counterpart.wechat import PANEL
from app.wechat import jobs, sending
from app.work import work
from notifiers.delivery import deliver

APPID = "wx0123456789abcdef"
BEGINNING = ("海晏小区三幢地下室污水倒灌，没过脚面", "同意", "1")


class Somebody:
    """One person; `says` and the rest send one message, let it have its turn and give what our account answered."""

    def __init__(self, app, stage, number: str):
        self.app, self.stage, self.number = app, stage, number
        self.platform = next(panel for panel in stage.panels if panel.code == PANEL).facts.__self__.platform

    def says(self, words: str) -> str:
        return self.sends("text", {"Content": words})

    def sends(self, kind: str, fields: dict[str, str], **odd) -> str:
        """One message and the answer to it."""
        before = len(self.heard())
        self.platform.brings(self.number, kind, fields, **odd)
        self.work_goes_on()
        return "\n".join(self.heard()[before:])

    def clicks(self, key: str) -> str:
        return self.sends("event", {"Event": "CLICK", "EventKey": key})

    def photographs(self, data: bytes) -> str:
        return self.sends("image", {"PicUrl": "http://mmbiz.example/p", "MediaId": self.platform.keep("image/jpeg", data)})

    def speaks(self, data: bytes, recognition: str = "") -> str:
        return self.sends("voice", {"MediaId": self.platform.keep("audio/amr", data), "Format": "amr", "Recognition": recognition})

    def heard(self) -> list[str]:
        """Everything our account said to them, oldest first."""
        return [row["words"] for row in self.stage.shown(self.number, PANEL) if row["side"] == "in"]

    def work_goes_on(self, at: datetime | None = None) -> None:
        """What workers would do; `at`: when messages leave, default now."""
        self.stage.courier.rest()
        with self.app.app_context():
            jobs.converse()
            jobs.fetch()
            jobs.converse()
            deliver(work, sending.channels(self.app.config["SETTINGS"]), lambda: at or clock.now())
        self.stage.courier.rest()
