"""Twilio's Messages, as its REST and its webhooks behave: takes what the product sends, tells what becomes of it, brings what citizens text."""

import re
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from email.utils import format_datetime
from io import BytesIO

from flask import Flask, Response, jsonify, redirect, request, send_file

from app import clock
from app.counterpart.book import Row
from app.counterpart.stage import Panel, Stage, international, plain, sid_of
from app.counterpart.trouble import BROKEN, BROKEN_AFTER, BUSY, SILENT, SILENT_AFTER
from app.web.i18n import later

VERSION = "2010-04-01"
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
LONGEST = 1600
ENDS = {"delivered": ("sent", "delivered"), "failed": ("sent", "undelivered")}
MOST_PICTURES, LARGEST_PICTURE = 3, 5 * 1024 * 1024
PICTURES = {"image/jpeg", "image/png", "image/gif", "image/webp"}


class Messages:
    """One account's messages. Rows of kind "message" as the REST shows them, of kind "media" the pictures that came with one."""

    def __init__(self, stage: Stage):
        self.stage = stage
        self.sid = stage.settings.twilio_account_sid

    def register(self, app: Flask) -> None:
        """The addresses of the REST, and what the telephones do."""
        account = f"/{VERSION}/Accounts/<account>"
        app.add_url_rule(f"{account}/Messages.json", "twilio.create", self.create, methods=["POST"])
        app.add_url_rule(f"{account}/Messages.json", "twilio.list", self.listed)
        app.add_url_rule(f"{account}/Messages/<sid>.json", "twilio.message", self.one)
        app.add_url_rule(f"{account}/Messages/<sid>/Media/<media>", "twilio.media", self.media)
        app.add_url_rule("/phones/<number>/texts", "phones.text", self.text, methods=["POST"])
        self.stage.panels.append(Panel("sms", later("短信"), "message", "counterpart/_sms.html", self._facts))

    def create(self, account: str):
        """POST Messages: 201 and the message, or what the trouble of the moment says."""
        if (wrong := self._refused(account)) is not None:
            return wrong
        return self._troubled(self.stage.die.mood())

    def _troubled(self, mood: str):
        if mood == SILENT:
            return self._silence()
        if mood == BUSY:
            return problem(429, 20429, "Too Many Requests", {"Retry-After": "1"})
        if mood == BROKEN:
            return problem(500, 20500, "Internal Server Error")
        if (bad := self._bad(request.form)) is not None:
            return bad
        message = self._taken(request.form)
        if mood == SILENT_AFTER:
            return self._silence()
        return problem(500, 20500, "Internal Server Error") if mood == BROKEN_AFTER else (jsonify(message), 201)

    def listed(self, account: str):
        """GET Messages, newest first, by To and From."""
        if (wrong := self._refused(account)) is not None:
            return wrong
        wanted = {name.lower(): request.args[name] for name in ("To", "From") if request.args.get(name)}
        rows = self.stage.book.rows("message", lambda row: all(row[name] == value for name, value in wanted.items()))[::-1]
        size, page = min(int(request.args.get("PageSize", 50)), 1000), int(request.args.get("Page", 0))
        here = f"/{VERSION}/Accounts/{account}/Messages.json?PageSize={size}&Page="
        more = here + str(page + 1) if len(rows) > (page + 1) * size else None
        return jsonify(
            {
                "messages": rows[page * size : (page + 1) * size],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": min(len(rows), (page + 1) * size) - 1,
                "uri": here + str(page),
                "first_page_uri": here + "0",
                "next_page_uri": more,
                "previous_page_uri": here + str(page - 1) if page else None,
            }
        )

    def one(self, account: str, sid: str):
        """GET one message."""
        if (wrong := self._refused(account)) is not None:
            return wrong
        row = self.stage.book.get("message", sid)
        return (
            jsonify(row)
            if row
            else problem(404, 20404, f"The requested resource /{VERSION}/Accounts/{account}/Messages/{sid}.json was not found")
        )

    def media(self, account: str, sid: str, media: str):
        """GET a picture that came with a message; only for the account it was sent to."""
        if (wrong := self._refused(account)) is not None:
            return wrong
        row = self.stage.book.get("media", media)
        if row is None or row["message"] != sid:
            return problem(404, 20404, "not found")
        return send_file(BytesIO(b64decode(row["data"])), mimetype=row["type"])

    def text(self, number: str):
        """A citizen writes: shown on their telephone and brought to the product as Twilio brings it."""
        words = request.form.get("words", "").replace("\r\n", "\n")[:LONGEST]
        pictures = [file for file in request.files.getlist("pictures") if file.filename and file.mimetype in PICTURES][:MOST_PICTURES]
        if words.strip() or pictures:
            self.brings(number, words, [(file.mimetype, file.read(LARGEST_PICTURE)) for file in pictures])
        return redirect(f"/phones/{number}?app=sms", code=303)

    def brings(self, number: str, words: str, pictures: Sequence[tuple[str, bytes]] = (), **more) -> str:
        """One inbound message; returns its sid. `more`: fields that differ from what Twilio would send."""
        book, sent_by = self.stage.book, international(number)
        sid = sid_of("MM" if pictures else "SM", "in", book.fresh())
        form = {
            "ToCountry": "CN",
            "FromCountry": "CN",
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "SmsStatus": "received",
            "AccountSid": self.sid,
            "ApiVersion": VERSION,
            "NumMedia": str(len(pictures)),
            "NumSegments": str(pieces(words)),
            "From": sent_by,
            "To": self._ours(),
            "Body": words,
        }
        for place, (kind, data) in enumerate(pictures):
            media = sid_of("ME", sid, place)
            book.put("media", media, {"message": sid, "type": kind, "data": b64encode(data).decode()})
            form |= {
                f"MediaUrl{place}": f"{self.stage.settings.twilio_api_url}/{VERSION}/Accounts/{self.sid}/Messages/{sid}/Media/{media}",
                f"MediaContentType{place}": kind,
            }
        self.stage.show(number, "sms", "out", words, pictures=len(pictures), state="sent")
        self.stage.courier.form(
            "/hooks/twilio/sms", form | more, f"{plain(number)} → 12345", answered=lambda status, body: self._answered(number, status, body)
        )
        return sid

    def _facts(self, number: str) -> dict:
        return {"said": self.stage.shown(number, "sms")}

    def _answered(self, number: str, status: int, body: str) -> None:
        """What the product says in the very answer (TwiML) appears on the telephone too."""
        for words in re.findall(r"<Message>(.*?)</Message>", body, re.DOTALL) if status == 200 else ():
            self.stage.show(number, "sms", "in", re.sub(r"<[^>]+>", "", words), state="delivered")

    def _ours(self) -> str:
        sender = self.stage.settings.twilio_from
        return sender if sender.startswith("+") else "+86106912345"

    def _refused(self, account: str):
        """401 unless these are the credentials both sides know."""
        given = request.authorization
        if given is None or given.username != self.sid or given.password != self.stage.settings.twilio_auth_token or account != self.sid:
            return problem(401, 20003, "Authenticate")
        return None

    def _bad(self, form):
        """The refusals of Twilio's own list that a hotline meets."""
        to = form.get("To", "")
        for wrong, code, words in (
            (not to, 21604, "A 'To' phone number is required."),
            (not form.get("Body") and not form.get("MediaUrl"), 21602, "Message body is required."),
            (not form.get("From") and not form.get("MessagingServiceSid"), 21603, "A 'From' phone number is required."),
            (not NUMBER.fullmatch(to), 21211, f"The 'To' number {to} is not a valid phone number."),
            (len(form.get("Body", "")) > LONGEST, 21617, "The concatenated message body exceeds the 1600 character limit."),
        ):
            if wrong:
                return problem(400, code, words)
        code = self.stage.die.trouble.refused.get(to)
        return problem(400, code, "refused") if code else None

    def _taken(self, form) -> Row:
        """Keep the message, show it, and let its receipts follow."""
        book, die = self.stage.book, self.stage.die
        sid, body = sid_of("SM", "out", book.fresh()), form.get("Body", "")
        at = format_datetime(clock.now())
        message = {
            "sid": sid,
            "account_sid": self.sid,
            "to": form["To"],
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": body,
            "status": "queued",
            "error_code": None,
            "error_message": None,
            "num_segments": str(pieces(body)),
            "num_media": "0",
            "direction": "outbound-api",
            "date_created": at,
            "date_updated": at,
            "date_sent": None,
            "price": None,
            "price_unit": "USD",
            "api_version": VERSION,
            "uri": f"/{VERSION}/Accounts/{self.sid}/Messages/{sid}.json",
            "subresource_uris": {"media": f"/{VERSION}/Accounts/{self.sid}/Messages/{sid}/Media.json"},
        }
        book.put("message", sid, message)
        book.put("accepted", sid, {"to": form["To"], "body": body, "callback": form.get("StatusCallback", "")})
        shown = self.stage.show(plain(form["To"]), "sms", "in", body, state="queued")
        self._receipts(message, form.get("StatusCallback", ""), shown["id"], "failed" if die.falls(die.trouble.failing) else "delivered")
        return message

    def _receipts(self, message: Row, callback: str, shown: str, end: str) -> None:
        """Queued, sent and its end, in order or not, as the trouble says."""
        die, trouble = self.stage.die, self.stage.die.trouble
        states = ["queued", *ENDS[end]]
        times = [place * trouble.pace + die.up_to(trouble.late) for place in range(1, len(states) + 1)]
        if trouble.shuffled and die.falls(trouble.shuffled):
            times.reverse()
        for state, after in zip(states, times, strict=True):
            for _copy in range(2 if die.falls(trouble.doubled) else 1):
                if not die.falls(trouble.lost):
                    self._receipt(message, state, callback, shown, after)

    def _receipt(self, message: Row, state: str, callback: str, shown: str, after: float) -> None:
        failed = state == "undelivered"
        code = self.stage.die.trouble.failing_code if failed else None
        form = {
            "MessageSid": message["sid"],
            "SmsSid": message["sid"],
            "MessageStatus": state,
            "SmsStatus": state,
            "To": message["to"],
            "From": message["from"] or "",
            "AccountSid": self.sid,
            "ApiVersion": VERSION,
        } | ({"ErrorCode": str(code)} if failed else {})

        def happened() -> None:
            if state != "queued" and (self.stage.book.get("message", message["sid"]) or {}).get("status") not in (
                "delivered",
                "undelivered",
            ):
                self.stage.book.change("message", message["sid"], status=state, error_code=code, date_updated=format_datetime(clock.now()))
                self.stage.book.change("shown", shown, state=state)

        self.stage.courier.later(happened, after)
        if callback:
            self.stage.courier.form(callback, form, f"{plain(message['to'])} · {state}", after)

    def _silence(self) -> Response:
        time.sleep(self.stage.die.trouble.silent_seconds)
        return Response(status=504)


def register(app: Flask, stage: Stage) -> None:
    """Give the counterpart Twilio's messages."""
    Messages(stage).register(app)


def problem(status: int, code: int, words: str, headers: dict | None = None) -> Response:
    """An error in Twilio's words."""
    answer = jsonify({"code": code, "message": words, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status})
    answer.status_code = status
    answer.headers.update(headers or {})
    return answer


def pieces(words: str) -> int:
    """How many parts a text is sent in, as Twilio counts what is not in the GSM alphabet."""
    one, each = (160, 153) if words.isascii() else (70, 67)
    return 1 if len(words) <= one else -(-len(words) // each)
