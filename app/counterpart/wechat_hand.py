"""WeChat on a demonstration telephone, by hand: writing, a photo, a spoken message, a place, the menu, following and leaving, and letting 48 hours pass."""

from datetime import datetime, timedelta

from flask import Flask, abort, redirect, request

from app.counterpart.stage import Panel, Stage
from app.counterpart.wechat import PANEL, Platform
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.wechat import place

LONGEST, LARGEST = 2000, 10 * 1024 * 1024
PICTURES = ("image/jpeg", "image/png", "image/webp")
SILENCE = b"#!AMR\n" + (b"\x04" + b"\x00" * 12) * 50  # one second of it, in the format the platform gives
PLACES = {
    "dongmen": (later("东门街道"), "海晏路 9 号", 122.9584, 35.014),
    "nanhu": (later("南湖街道"), "湖滨路 21 号", 122.866, 35.014),
    "xishan": (later("西山街道"), "西山路 3 号", 122.8726, 35.146),
    "beihe": (later("北河街道"), "北河沿 88 号", 122.954, 35.148),
}


def register(app: Flask, stage: Stage) -> None:
    """The platform, and the tab of a telephone."""
    hand = Hand(stage, Platform(stage))
    app.extensions["wechat_platform"] = hand.platform
    hand.platform.register(app)
    app.add_url_rule("/phones/<number>/wechat", "wechat.hand", hand.act, methods=["POST"])
    stage.panels.append(Panel(PANEL, later("微信"), "message-dots", "counterpart/_wechat.html", hand.facts))


class Hand:
    """What the tab shows and does."""

    def __init__(self, stage: Stage, platform: Platform):
        self.stage, self.platform = stage, platform

    def facts(self, number: str) -> dict:
        """What was said, the menu, and whether they follow."""
        menu = self.stage.book.get("menu", "menu") or {"button": []}
        buttons = [one for top in menu["button"] for one in (top.get("sub_button") or [top])]
        return {
            "said": self.stage.shown(number, PANEL),
            "buttons": buttons,
            "follower": self.platform.follower(number),
            "places": [(code, _(one[0])) for code, one in PLACES.items()],
            "safe": bool(self.stage.settings.wechat_aes_key),
        }

    def act(self, number: str):
        """One form, one thing done."""
        if self.stage.book.get("phone", number) is None:
            abort(404)
        what = request.form.get("do", "say")
        answer = redirect(f"/phones/{number}?app={PANEL}", code=303)
        if what == "open":
            answer = redirect(
                request.form.get("url", "/") if request.form.get("url", "").startswith(self.stage.settings.public_url) else "/", code=303
            )
            answer.set_cookie("wechat", number, httponly=True, samesite="Lax")
            return answer
        doing = {
            "say": self._say,
            "place": self._place,
            "voice": self._voice,
            "click": self._click,
            "follow": self._follow,
            "leave": self._leave,
            "consent": self._consent,
            "age": self._age,
        }.get(what)
        if doing is None:
            abort(422)
        doing(number)
        return answer

    def _say(self, number: str) -> None:
        words = request.form.get("words", "").strip()[:LONGEST]
        for file in request.files.getlist("pictures")[:6]:
            if file.mimetype in PICTURES:
                data = file.read(LARGEST)
                media = self.platform.keep(file.mimetype, data)
                self.platform.brings(number, "image", {"PicUrl": "http://mmbiz.example/" + media, "MediaId": media}, _("[照片]"))
        if words:
            self.platform.brings(number, "text", {"Content": words}, words)

    def _place(self, number: str) -> None:
        name, address, lng, lat = PLACES[request.form.get("place", "dongmen") if request.form.get("place") in PLACES else "dongmen"]
        east, north = place.to_mars(lng, lat)
        self.platform.brings(
            number,
            "location",
            {"Location_X": f"{north:.6f}", "Location_Y": f"{east:.6f}", "Scale": "16", "Label": f"{name}{address}"},
            _("[位置] %(where)s", where=_(name)),
        )

    def _voice(self, number: str) -> None:
        words = request.form.get("words", "").strip()[:LONGEST]
        media = self.platform.keep("audio/amr", SILENCE)
        self.platform.brings(number, "voice", {"MediaId": media, "Format": "amr", "Recognition": words}, _("[语音] %(words)s", words=words))

    def _click(self, number: str) -> None:
        key = request.form.get("key", "")[:40]
        self.platform.brings(
            number, "event", {"Event": "CLICK", "EventKey": key}, _("[菜单] %(name)s", name=request.form.get("name", "")[:20])
        )

    def _follow(self, number: str) -> None:
        self.platform.brings(number, "event", {"Event": "subscribe", "EventKey": ""}, _("[关注]"))

    def _leave(self, number: str) -> None:
        self.platform.brings(number, "event", {"Event": "unsubscribe", "EventKey": ""}, _("[取消关注]"))
        self.stage.book.change("follower", self.platform.follower(number)["openid"], follows=False)

    def _consent(self, number: str) -> None:
        """They agree to one subscription notice, as by the tag on a page."""
        person = self.platform.follower(number)
        self.stage.book.change("follower", person["openid"], consents=person.get("consents", 0) + 1)
        template = self.stage.settings.wechat_subscribe_id
        self.platform.brings(
            number,
            "event",
            {"Event": "subscribe_msg_popup_event", "TemplateId": template, "SubscribeStatusString": "accept"},
            _("[同意收一条通知]"),
        )

    def _age(self, number: str) -> None:
        """Two days pass without a word of theirs: from now on the platform refuses free messages, while the product still believes it may."""
        person = self.platform.follower(number)
        if person["wrote_at"]:
            gone = datetime.fromisoformat(person["wrote_at"]) - timedelta(hours=49)
            self.stage.book.change("follower", person["openid"], wrote_at=gone.isoformat())
