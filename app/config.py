"""Settings: read once from the environment, validated at start, frozen. No other module reads the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_SECRETS = {"", "dev", "secret", "changeme", "change-me", "password", "linhai-12345"}


class BadSettings(Exception):
    """The installation cannot start; the message names the variable and the remedy."""


TEXTS = (
    "alibaba_sms_hook",
    "alibaba_sms_templates",
    "cti_secret",
    "emergency_numbers",
    "imap_url",
    "mail_from",
    "map_attribution",
    "map_tiles",
    "smtp_url",
    "twilio_account_sid",
    "twilio_auth_token",
    "twilio_from",
    "twilio_voice_number",
    "wechat_aes_key",
    "wechat_appid",
    "wechat_secret",
    "wechat_subscribe_id",
    "wechat_template_id",
    "wechat_token",
)  # named as in the environment, empty when not given
PROVIDERS = {
    "twilio_api_url": "https://api.twilio.com",
    "alibaba_api_url": "https://dysmsapi.aliyuncs.com",
    "wechat_api_url": "https://api.weixin.qq.com",
}


@dataclass(frozen=True)
class Settings:
    """Everything an installation can set. `home` holds uploads, logs and the embedded servers' data."""

    database_url: str
    redis_url: str
    secret_key: str = field(repr=False)
    identity_key: str = field(repr=False)
    home: Path = Path("var")
    production: bool = False
    city_name: str = "临海市"
    city_name_en: str = "Linhai"
    region_code: str = "990100"
    public_url: str = "http://127.0.0.1:8000"
    demo_password: str = field(default="", repr=False)
    upload_limit_mb: int = 20
    profile: str = "default"
    rate_limit_factor: int = 1
    proxy_hops: int = 0
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_from: str = ""
    twilio_api_url: str = "https://api.twilio.com"
    webhook_inside: bool = False
    sms_per_second: int = 50
    smtp_url: str = field(default="", repr=False)
    imap_url: str = field(default="", repr=False)
    mail_from: str = ""
    message_days: int = 180
    twilio_voice_number: str = ""
    call_wait_limit: int = 120
    emergency_numbers: str = ""
    cti_url: str = ""
    cti_secret: str = field(default="", repr=False)
    counterpart_url: str = ""
    alibaba_key_id: str = ""
    alibaba_key_secret: str = field(default="", repr=False)
    alibaba_sms_sign: str = ""
    alibaba_sms_templates: str = ""
    alibaba_sms_hook: str = field(default="", repr=False)
    alibaba_api_url: str = "https://dysmsapi.aliyuncs.com"
    wechat_appid: str = ""
    wechat_secret: str = field(default="", repr=False)
    wechat_token: str = field(default="", repr=False)
    wechat_aes_key: str = field(default="", repr=False)
    wechat_template_id: str = ""
    wechat_subscribe_id: str = ""
    wechat_api_url: str = "https://api.weixin.qq.com"
    map_tiles: str = ""
    map_attribution: str = ""

    @property
    def hotline(self) -> str:
        """The number telephone calls come from: its own setting, else the one text messages come from if that is a number."""
        return self.twilio_voice_number or (self.twilio_from if self.twilio_from.startswith("+") else "")

    @property
    def has_text(self) -> bool:
        """Whether text messages have a provider at all."""
        return bool(self.alibaba_key_id or self.twilio_account_sid)

    @property
    def tile_origin(self) -> str:
        """Scheme, host and port of the map's tiles, "" without."""
        return "/".join(self.map_tiles.split("/")[:3])

    @property
    def uploads(self) -> Path:
        return self.home / "uploads"

    @property
    def models(self) -> Path:
        """What was learned from closed tickets (classify train)."""
        return self.home / "models"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check the environment. Raises BadSettings naming what is missing and how to mend it."""
        env = os.environ if environ is None else environ
        production = env.get("APP_ENV", "") == "production"
        settings = cls(
            **_texts(env),
            database_url=_needed(env, "DATABASE_URL", "例如 postgresql://user@host/hotline"),
            redis_url=_needed(env, "REDIS_URL", "例如 redis://host:6379/0"),
            secret_key=_needed(env, "SECRET_KEY", "任意 32 位以上随机字符"),
            identity_key=_needed(
                env,
                "IDENTITY_KEY",
                "32 字节的 base64：python3 -c 'import os,base64;print(base64.urlsafe_b64encode(os.urandom(32)).decode())'",
            ),
            home=Path(env.get("HOTLINE_HOME", "var")),
            production=production,
            city_name=env.get("CITY_NAME", "临海市"),
            city_name_en=env.get("CITY_NAME_EN", "Linhai"),
            region_code=env.get("REGION_CODE", "990100"),
            public_url=env.get("PUBLIC_URL", "http://127.0.0.1:" + env.get("PORT", "8000")),
            demo_password="" if production else env.get("DEMO_PASSWORD", ""),
            upload_limit_mb=_whole(env, "UPLOAD_LIMIT_MB", 20),
            profile=env.get("PROFILE", "default"),
            rate_limit_factor=max(1, _whole(env, "RATE_LIMIT_FACTOR", 1)),
            proxy_hops=_whole(env, "PROXY_HOPS", 0),
            webhook_inside=env.get("WEBHOOK_INSIDE", "") == "1",
            sms_per_second=max(1, _whole(env, "SMS_PER_SECOND", 50)),
            message_days=max(1, _whole(env, "MESSAGE_DAYS", 180)),
            call_wait_limit=max(15, _whole(env, "CALL_WAIT_LIMIT", 120)),
            cti_url=env.get("CTI_URL", "").rstrip("/"),
            counterpart_url="" if production else env.get("COUNTERPART_URL", "").rstrip("/"),
            alibaba_key_id=env.get("ALIBABA_KEY_ID", ""),
            alibaba_key_secret=env.get("ALIBABA_KEY_SECRET", ""),
            alibaba_sms_sign=env.get("ALIBABA_SMS_SIGN", "").strip("【】"),
        )
        settings.refuse_half_a_telephone()
        settings.refuse_half_a_provider()
        settings.refuse_half_a_mailbox()
        settings.refuse_half_an_account()
        settings.refuse_half_a_map()
        if production:
            settings.refuse_weak_secrets(env)
        return settings

    def refuse_half_a_telephone(self) -> None:
        """Text messages are set up whole or not at all."""
        given = {
            "TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio_auth_token,
            "TWILIO_FROM": self.twilio_from,
        }
        missing = [name for name, value in given.items() if not value]
        if missing and len(missing) < len(given):
            raise BadSettings(f"短信要三项一起设，还缺 {'、'.join(missing)} (text messages need all three: {', '.join(missing)} missing)")
        for name, pattern, example in (
            ("TWILIO_ACCOUNT_SID", r"AC[0-9a-f]{32}", "AC 加 32 位十六进制"),
            ("TWILIO_FROM", r"\+[1-9]\d{6,14}|MG[0-9a-f]{32}", "+86… 或 MG…"),
        ):
            if given[name] and not re.fullmatch(pattern, given[name]):
                raise BadSettings(f"{name} 不对，要像：{example} ({name} is malformed)")
        if not re.fullmatch(r"https?://[^/\s]+", self.twilio_api_url):
            raise BadSettings("TWILIO_API_URL 要是 http(s)://主机，不带路径 (TWILIO_API_URL is scheme://host)")

    def refuse_half_a_provider(self) -> None:
        """Text messages by Alibaba Cloud are set up whole or not at all."""
        given = {
            "ALIBABA_KEY_ID": self.alibaba_key_id,
            "ALIBABA_KEY_SECRET": self.alibaba_key_secret,
            "ALIBABA_SMS_SIGN": self.alibaba_sms_sign,
            "ALIBABA_SMS_TEMPLATES": self.alibaba_sms_templates,
        }
        missing = [name for name, value in given.items() if not value]
        if missing and len(missing) < len(given):
            raise BadSettings(
                f"阿里云短信要四项一起设，还缺 {'、'.join(missing)} (Alibaba Cloud needs all four: {', '.join(missing)} missing)"
            )
        if self.alibaba_sms_templates and not re.fullmatch(
            r"[a-z-]+=SMS_\w+(,[a-z-]+=SMS_\w+)*", self.alibaba_sms_templates.replace(" ", "")
        ):
            raise BadSettings("ALIBABA_SMS_TEMPLATES 要像 accepted=SMS_1,answered=SMS_2 (ALIBABA_SMS_TEMPLATES is malformed)")
        if self.alibaba_sms_hook and not re.fullmatch(r"[A-Za-z0-9_-]{16,100}", self.alibaba_sms_hook):
            raise BadSettings("ALIBABA_SMS_HOOK 要 16 到 100 位字母、数字、- 或 _ (ALIBABA_SMS_HOOK is 16 to 100 letters, digits, - or _)")
        if not re.fullmatch(r"https?://[^/\s]+", self.alibaba_api_url):
            raise BadSettings("ALIBABA_API_URL 要是 http(s)://主机，不带路径 (ALIBABA_API_URL is scheme://host)")

    def refuse_half_an_account(self) -> None:
        """A WeChat official account is set up whole or not at all; its AES key is for safe mode, its template for after 48 hours."""
        given = {"WECHAT_APPID": self.wechat_appid, "WECHAT_SECRET": self.wechat_secret, "WECHAT_TOKEN": self.wechat_token}
        missing = [name for name, value in given.items() if not value]
        if missing and (len(missing) < len(given) or self.wechat_aes_key):
            raise BadSettings(
                f"公众号要三项一起设，还缺 {'、'.join(missing)} (a WeChat account needs all three: {', '.join(missing)} missing)"
            )
        if self.wechat_aes_key and not re.fullmatch(r"[A-Za-z0-9]{43}", self.wechat_aes_key):
            raise BadSettings("WECHAT_AES_KEY 是公众平台上那 43 位字母和数字 (WECHAT_AES_KEY is 43 letters and digits)")
        if self.wechat_token and not re.fullmatch(r"[A-Za-z0-9]{3,32}", self.wechat_token):
            raise BadSettings("WECHAT_TOKEN 是 3 到 32 位字母和数字 (WECHAT_TOKEN is 3 to 32 letters and digits)")
        if not re.fullmatch(r"https?://[^/\s]+", self.wechat_api_url):
            raise BadSettings("WECHAT_API_URL 要是 http(s)://主机，不带路径 (WECHAT_API_URL is scheme://host)")

    def refuse_half_a_mailbox(self) -> None:
        """Letters need a server and a sender; the mailbox that is read needs the one that answers."""
        for name, value, schemes in (("SMTP_URL", self.smtp_url, "smtps?"), ("IMAP_URL", self.imap_url, "imaps?")):
            if value and not re.fullmatch(schemes + r"://([^\s/@]+@)?[\w.-]+(:\d+)?(/\S*)?", value):
                raise BadSettings(f"{name} 要像 {schemes.rstrip('?')}://用户:密码@主机:端口，密码里的符号写成 %XX ({name} is malformed)")
        if bool(self.smtp_url) != bool(self.mail_from) or (self.imap_url and not self.smtp_url):
            raise BadSettings(
                "发邮件要 SMTP_URL 和 MAIL_FROM 一起设；收邮件 (IMAP_URL) 之前先要能发 (set SMTP_URL and MAIL_FROM together, IMAP_URL only with them)"
            )
        if self.mail_from and not re.fullmatch(r"[^@\s]+@[\w.-]+", self.mail_from):
            raise BadSettings("MAIL_FROM 要是一个邮箱地址 (MAIL_FROM must be an address)")

    def refuse_half_a_map(self) -> None:
        """Tiles are set up with whom to thank for them, or not at all; their host goes into a header, so it is written plainly."""
        if bool(self.map_tiles) != bool(self.map_attribution):
            raise BadSettings(
                "底图要 MAP_TILES 和 MAP_ATTRIBUTION（图源和审图号）一起设 (set MAP_TILES and MAP_ATTRIBUTION, the source's credit, together)"
            )
        holes = sorted(re.findall(r"\{.*?\}", self.map_tiles))
        if self.map_tiles and (
            not re.fullmatch(r"https?://[\w.-]+(:\d+)?/[^\s\"'<>\\]+", self.map_tiles) or holes != ["{x}", "{y}", "{z}"]
        ):
            raise BadSettings(
                "MAP_TILES 要像 https://主机/路径/{z}/{x}/{y}.png，{z} {x} {y} 各一次 (MAP_TILES is an address with {z}, {x} and {y} once each)"
            )
        if self.public_url.startswith("https://") and self.map_tiles.startswith("http://"):
            raise BadSettings("网站是 https，MAP_TILES 也要是 https：浏览器不取 http 的图 (MAP_TILES must be https, as PUBLIC_URL is)")

    def refuse_weak_secrets(self, env: Mapping[str, str]) -> None:
        """A production start refuses default secrets and demo accounts (design §7)."""
        if self.secret_key.lower() in DEFAULT_SECRETS or len(self.secret_key) < 32:
            raise BadSettings("SECRET_KEY 太弱：正式环境要 32 位以上随机字符 (SECRET_KEY is too weak for production)")
        if env.get("DEMO_PASSWORD"):
            raise BadSettings("正式环境不能设 DEMO_PASSWORD (production refuses demo accounts; unset DEMO_PASSWORD)")


def sqlalchemy_url(url: str) -> str:
    """`postgres://` and `postgresql://` as SQLAlchemy's psycopg 3 dialect; anything else is refused: there is one dialect."""
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise BadSettings(f"DATABASE_URL 只支持 PostgreSQL，现在是 {url.split(':', 1)[0]} (only PostgreSQL is supported)")


def _texts(env: Mapping[str, str]) -> dict[str, Any]:
    """The settings that are plain text, and where providers are."""
    given = {name: env.get(name.upper(), "") for name in TEXTS}
    return given | {name: env.get(name.upper(), real).rstrip("/") for name, real in PROVIDERS.items()}


def _needed(env: Mapping[str, str], name: str, example: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise BadSettings(f"缺少环境变量 {name}（{example}）(environment variable {name} is missing)")
    return value


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    raw = env.get(name, "")
    if not raw:
        return default
    if not raw.isdigit():
        raise BadSettings(f"{name} 要是整数，现在是 {raw!r} ({name} must be a whole number)")
    return int(raw)
