"""The WeChat platform, as its interface and its hook behave: gives tokens, keeps media, takes messages within 48 hours, knows templates, menus and
web sign-in; and brings what people write, signed, in plain or in safe mode. What a telephone does by hand is wechat_hand.py's."""

import secrets
import threading
import time
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

import requests
from flask import Flask, Response, jsonify, redirect, request
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from app import clock
from app.counterpart.book import Row
from app.counterpart.courier import Answered
from app.counterpart.stage import Stage
from app.counterpart.trouble import BROKEN, BROKEN_AFTER, BUSY, SILENT, SILENT_AFTER
from app.demo.wechat import openid_of

PANEL = "wechat"
WINDOW, MOST_BEFORE_AN_ANSWER = timedelta(hours=48), 20
TOKEN_FOR = 7200
MOST_MEDIA = 200
PATIENCE = 5  # seconds the real platform waits
TEMPLATE, NOTICE = "shaoxiang-demo-template", "shaoxiang-demo-notice"
JWEIXIN = "/open/js/jweixin-1.6.0.js"
# what the platform's script is for a page that is tried here: it keeps what it is told
SCRIPT = """window.wx = { told: {},
  config: function (said) { this.told.config = said; document.dispatchEvent(new Event("WeixinOpenTagsError")); }, ready: function (then) { setTimeout(then); },
  updateAppMessageShareData: function (said) { this.told.friend = said; }, updateTimelineShareData: function (said) { this.told.timeline = said; } };"""
INSIDE = ("subscribe", "SCAN", "CLICK")  # events that open the 48 hours


class Platform:
    """One official account. Rows of kind "follower" by openid, "sent" what it took for people, "menu"; media are in memory only."""

    def __init__(self, stage: Stage):
        self.stage = stage
        self.media: dict[str, tuple[str, bytes]] = {}
        self.codes: dict[str, str] = {}
        self.token = ""
        self._lock = threading.Lock()
        self._serial = time.time_ns() // 1000

    # ---- what the product asks of the platform

    def register(self, app: Flask) -> None:
        """The addresses of the interface."""
        for path, view, methods in (
            ("/cgi-bin/stable_token", self.stable_token, ["POST"]),
            ("/cgi-bin/media/get", self.give_media, ["GET"]),
            ("/cgi-bin/media/upload", self.keep_media, ["POST"]),
            ("/cgi-bin/message/custom/send", self.take_message, ["POST"]),
            ("/cgi-bin/message/template/send", self.take_template, ["POST"]),
            ("/cgi-bin/message/subscribe/bizsend", self.take_notice, ["POST"]),
            ("/cgi-bin/ticket/getticket", self.give_ticket, ["GET"]),
            (JWEIXIN, self.give_script, ["GET"]),
            ("/cgi-bin/menu/create", self.keep_menu, ["POST"]),
            ("/cgi-bin/menu/get", self.give_menu, ["GET"]),
            ("/sns/oauth2/access_token", self.whose_code, ["GET"]),
        ):
            app.add_url_rule(path, f"wechat.{view.__name__}", view, methods=methods)
        app.add_url_rule("/connect/oauth2/authorize", "wechat.authorize", self.authorize)

    def stable_token(self):
        """The same token until it is forced or ends."""
        asked = request.get_json(silent=True) or {}
        if asked.get("appid") != self.stage.settings.wechat_appid:
            return error(40013, "invalid appid")
        if asked.get("secret") != self.stage.settings.wechat_secret:
            return error(40125, "invalid appsecret")
        with self._lock:
            if not self.token or asked.get("force_refresh"):
                self.token = secrets.token_urlsafe(32)
        return jsonify({"access_token": self.token, "expires_in": TOKEN_FOR})

    def take_message(self):
        """A customer-service message: text, within the 48 hours."""
        return self._taking(lambda said: self._freely(said, said.get("text", {}).get("content", "")))

    def take_template(self):
        """A template message, to whoever follows; what it says in one field, and its link."""
        return self._taking(self._by_template)

    def take_notice(self):
        """A subscription notice, to whoever agreed to one: each agreement is good for one."""
        return self._taking(self._by_consent)

    def give_ticket(self):
        """The ticket pages are signed with."""
        return self._stranger() or jsonify({"errcode": 0, "errmsg": "ok", "ticket": "ticket-" + self.token, "expires_in": TOKEN_FOR})

    def give_script(self):
        """What a page inside WeChat loads."""
        return Response(SCRIPT, mimetype="text/javascript")

    def keep_media(self):
        """What an account uploads to send."""
        if (wrong := self._stranger()) is not None:
            return wrong
        file = request.files.get("media")
        media_id = self.keep(file.mimetype or "application/octet-stream", file.read()) if file else ""
        return (
            jsonify({"type": request.args.get("type"), "media_id": media_id, "created_at": int(time.time())})
            if media_id
            else error(41005, "media data missing")
        )

    def give_media(self):
        """What somebody sent, for three days."""
        if (wrong := self._stranger()) is not None:
            return wrong
        kind, data = self.media.get(request.args.get("media_id", ""), ("", b""))
        return Response(data, mimetype=kind) if kind else error(40007, "invalid media_id")

    def keep_menu(self):
        """The menu of the account."""
        if (wrong := self._stranger()) is not None:
            return wrong
        menu = request.get_json(force=True)
        if not 1 <= len(menu.get("button", [])) <= 3:
            return error(40016, "invalid button size")
        self.stage.book.put("menu", "menu", menu)
        return error(0, "ok")

    def give_menu(self):
        """The menu as it is."""
        if (wrong := self._stranger()) is not None:
            return wrong
        menu = self.stage.book.get("menu", "menu")
        return jsonify({"menu": menu}) if menu else error(46003, "menu no exist")

    def authorize(self):
        """Somebody opens a page inside WeChat: back with a one-time code."""
        asked = request.args
        if asked.get("appid") != self.stage.settings.wechat_appid or not asked.get("redirect_uri", "").startswith(
            self.stage.settings.public_url.rstrip("/") + "/"
        ):
            return error(10003, "redirect_uri")
        code = secrets.token_urlsafe(16)
        self.codes[code] = openid_of(request.cookies.get("wechat", "") or self.stage.book.rows("phone")[0]["number"])
        return redirect(f"{asked['redirect_uri']}?code={code}&state={asked.get('state', '')}")

    def whose_code(self):
        """Whose code this was; once."""
        asked = request.args
        if asked.get("appid") != self.stage.settings.wechat_appid or asked.get("secret") != self.stage.settings.wechat_secret:
            return error(40125, "invalid appsecret")
        openid = self.codes.pop(asked.get("code", ""), "")
        return (
            jsonify({"access_token": "-", "expires_in": TOKEN_FOR, "refresh_token": "-", "openid": openid, "scope": "snsapi_base"})
            if openid
            else error(40029, "invalid code")
        )

    # ---- what people do

    def follower(self, number: str) -> Row:
        """The person with this telephone, following since they first were here."""
        openid = openid_of(number)
        return self.stage.book.get("follower", openid) or self.stage.book.put(
            "follower", openid, {"openid": openid, "number": number, "follows": True, "wrote_at": "", "since_answer": 0}
        )

    def brings(
        self, number: str, kind: str, fields: dict[str, str], words: str = "", after: float = 0.0, answered: Answered | None = None, **odd
    ) -> str:
        """One message of this person's to the hook, as the platform brings it; its MsgId. `odd`: MsgId or CreateTime when they are to be others."""
        person = self.follower(number)
        with self._lock:
            self._serial += 1
            serial = str(odd.get("MsgId") or self._serial)
        if kind != "event" or fields.get("Event") in INSIDE:
            self.stage.book.change("follower", person["openid"], wrote_at=clock.now().isoformat(), since_answer=0, follows=True)
        if words:
            self.stage.show(number, PANEL, "out", words)
        base = {
            "ToUserName": "gh_shaoxiang",
            "FromUserName": person["openid"],
            "CreateTime": str(odd.get("CreateTime") or int(time.time())),
            "MsgType": kind,
        }
        query, body = self.sealed(base | fields | ({} if kind == "event" else {"MsgId": serial}))
        address = self.stage.courier.really(self.stage.settings.public_url.rstrip("/") + "/hooks/wechat")
        self.stage.courier.put(
            lambda: requests.post(address, params=query, data=body, headers={"Content-Type": "text/xml"}, timeout=PATIENCE),
            "/hooks/wechat",
            f"{number} → 公众号",
            after,
            answered,
        )
        return serial

    def sealed(self, fields: dict[str, str]) -> tuple[dict[str, str], bytes]:
        """Query and body of a message, in the mode the account has."""
        settings, stamp, nonce = self.stage.settings, str(int(time.time())), secrets.token_hex(8)
        query, body = (
            {
                "timestamp": stamp,
                "nonce": nonce,
                "signature": signed(settings.wechat_token, stamp, nonce),
                "openid": fields["FromUserName"],
            },
            xml_of(fields),
        )
        if not settings.wechat_aes_key:
            return query, body.encode()
        crypto = WeChatCrypto(settings.wechat_token, settings.wechat_aes_key, settings.wechat_appid)
        envelope = crypto.encrypt_message(body, nonce, stamp)
        seal = envelope.partition("<Encrypt><![CDATA[")[2].partition("]]>")[0]
        return (
            query | {"encrypt_type": "aes", "msg_signature": signed(settings.wechat_token, stamp, nonce, seal)},
            xml_of({"ToUserName": "gh_shaoxiang", "Encrypt": seal}).encode(),
        )

    def keep(self, kind: str, data: bytes) -> str:
        """A picture or a recording; its id."""
        media_id = secrets.token_urlsafe(32)
        with self._lock:
            self.media[media_id] = (kind, data)
            while len(self.media) > MOST_MEDIA:
                del self.media[next(iter(self.media))]
        return media_id

    # ---- how it takes what is sent

    def _taking(self, take):
        if (wrong := self._stranger()) is not None:
            return wrong
        mood = self.stage.die.mood()
        if mood == BUSY:
            return error(-1, "system error")
        if mood in (BROKEN, SILENT):
            return self._nothing(mood)
        answer = take(request.get_json(force=True))
        return self._nothing(mood) if mood in (BROKEN_AFTER, SILENT_AFTER) else answer

    def _nothing(self, mood: str) -> Response:
        if mood in (SILENT, SILENT_AFTER):
            time.sleep(self.stage.die.trouble.silent_seconds)
        return Response("", status=502)

    def _freely(self, said: dict, words: str):
        person = self.stage.book.get("follower", said.get("touser", ""))
        if person is None:
            return error(40003, "invalid openid")
        if not person["follows"]:
            return error(43004, "require subscribe")
        if not person["wrote_at"] or clock.now() - datetime.fromisoformat(person["wrote_at"]) >= WINDOW:
            return error(45015, "response out of time limit or subscription is canceled")
        if person["since_answer"] >= MOST_BEFORE_AN_ANSWER:
            return error(45047, "out of response count limit")
        if not words or len(words.encode()) > 2048:
            return error(45002, "content size out of limit")
        self.stage.book.change("follower", person["openid"], since_answer=person["since_answer"] + 1)
        self._show(person, "custom", words)
        return error(0, "ok")

    def _by_template(self, said: dict):
        person = self.stage.book.get("follower", said.get("touser", ""))
        if person is None:
            return error(40003, "invalid openid")
        if said.get("template_id") != (self.stage.settings.wechat_template_id or TEMPLATE):
            return error(40037, "invalid template_id")
        if not person["follows"]:
            return error(43004, "require subscribe")
        same, ours = said.get("client_msg_id", ""), self.stage.book.rows("sent", lambda row: row["how"] == "template")
        earlier = next((row for row in ours if same and row["same"] == same), None)
        words = "\n".join(str(one.get("value", "")) for one in said.get("data", {}).values())
        row = earlier or self._show(person, "template", f"{words}\n{said.get('url', '')}".strip(), same)
        status = "failed:user block" if self.stage.die.falls(self.stage.die.trouble.failing) else "success"
        receipt = {"Event": "TEMPLATESENDJOBFINISH", "MsgID": row["id"], "Status": status}
        self.brings(
            person["number"], "event", receipt, after=self.stage.die.trouble.pace + self.stage.die.up_to(self.stage.die.trouble.late)
        )
        return jsonify({"errcode": 0, "errmsg": "ok", "msgid": int(row["id"])})

    def _by_consent(self, said: dict):
        person = self.stage.book.get("follower", said.get("touser", ""))
        if person is None:
            return error(40003, "invalid openid")
        if said.get("template_id") != (self.stage.settings.wechat_subscribe_id or NOTICE):
            return error(40037, "invalid template_id")
        if not person.get("consents"):
            return error(43101, "user refuse to accept the msg")
        self.stage.book.change("follower", person["openid"], consents=person["consents"] - 1)
        words = "\n".join(str(one.get("value", "")) for one in said.get("data", {}).values())
        self._show(person, "notice", f"{words}\n{said.get('page', '')}".strip())
        return error(0, "ok")

    def _show(self, person: Row, how: str, words: str, same: str = "") -> Row:
        key = self.stage.book.fresh()
        self.stage.show(person["number"], PANEL, "in", words, how=how)
        return self.stage.book.put("sent", key, {"id": key, "openid": person["openid"], "how": how, "words": words, "same": same})

    def _stranger(self):
        """40001 unless this is the token of now."""
        given = request.args.get("access_token", "")
        return (
            None
            if self.token and secrets.compare_digest(given.encode(), self.token.encode())
            else error(40001, "invalid credential, access_token is invalid or not latest")
        )


def error(code: int, words: str) -> Response:
    """An answer in the platform's words: 200 whatever happened."""
    return jsonify({"errcode": code, "errmsg": words})


def signed(*parts: str) -> str:
    """The platform's signature over these parts."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return signer.signature


def xml_of(fields: dict[str, str]) -> str:
    """A flat message."""
    return "<xml>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items()) + "</xml>"
