"""One turn of a conversation: who speaks, what was heard, what is half told; and the words people use to steer it. Thinks of no answer itself."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from app.config import Settings
from app.web import i18n
from app.wechat import draft as drafts
from app.wechat.draft import Draft
from app.wechat.models import WechatPerson
from app.wechat.sayings import Both

TEXT, IMAGE, VOICE, LOCATION, EVENT, OTHER = "text", "image", "voice", "location", "event", "other"
LONGEST = 2000
# what people say, in one width and case → the command
SPOKEN = {
    word: command
    for command, words in {
        "help": "帮助 菜单 help menu ? h",
        "cancel": "取消 算了 不说了 cancel stop",
        "back": "返回 上一步 back",
        "file": "反映 我要反映 投诉 举报 求助 咨询 建议 file report",
        "mine": "我的 我的诉求 我的事 mine",
        "status": "进度 查进度 status",
        "supplement": "补充 add supplement",
        "urge": "催办 催一下 催 urge",
        "rate": "评价 rate",
        "bind": "绑定 绑定手机 绑定手机号 bind",
        "english": "english en",
        "chinese": "中文 chinese zh",
        "continue": "继续 接着说 continue",
        "agree": "同意 我同意 agree ok yes 好 好的",
        "done": "好了 完了 发完了 没了 done",
        "skip": "跳过 没有 不用 无 skip no none",
        "anonymous": "匿名 不留 anonymous",
        "out": "退订 取消订阅 拒收 td unsubscribe",
        "in": "订阅 重新订阅 恢复 subscribe",
        "confidential": "保密 confidential",
        "submit": "提交 确认 submit",
    }.items()
    for word in words.split()
}


@dataclass(frozen=True)
class Heard:
    """One message: its kind, its words (trimmed), the command they are ("" for none), and the platform's other fields."""

    kind: str
    text: str = ""
    command: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int | None:
        """The small number these words are, None when they are none."""
        plain = unicodedata.normalize("NFKC", self.text)
        return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= 2 else None


@dataclass
class Turn:
    """What every answer is made from. `draft` may be replaced; None means that nothing is half told."""

    session: Session
    person: WechatPerson
    heard: Heard
    now: datetime
    draft: Draft | None = None

    @property
    def settings(self) -> Settings:
        return current_app.config["SETTINGS"]

    def link(self, path: str) -> str:
        """An address of the portal, whole."""
        return self.settings.public_url.rstrip("/") + path

    def save(self) -> None:
        """Keep what is half told."""
        self.person.turned_at = self.now
        if self.draft is None:
            self.person.reminded_at = None
        drafts.write(self.session, self.person, self.draft)


def heard_of(said: dict[str, str]) -> Heard:
    """What the platform's fields say."""
    kind = {"text": TEXT, "image": IMAGE, "voice": VOICE, "location": LOCATION, "event": EVENT}.get(said["MsgType"], OTHER)
    text = said.get("Content", "").strip() if kind == TEXT else said.get("Recognition", "").strip() if kind == VOICE else ""
    return Heard(kind, text, SPOKEN.get(plain(text), "") if kind == TEXT else "", said)


def plain(text: str) -> str:
    """Words as commands are compared: one width, one case, no full stop."""
    return unicodedata.normalize("NFKC", text).strip().strip("。.!！\"“”'").lower()


def both_of(sentence: str, /, **values: object) -> Both:
    """A sentence of the house in both languages, from its catalogue."""
    said = {"zh": sentence, "en": i18n.catalogue().get(sentence, (sentence,))[0]}
    return {language: text % values if values else text for language, text in said.items()}
