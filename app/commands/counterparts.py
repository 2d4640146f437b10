"""Whether `up` plays the providers of a demo city itself, on which port, and what the product must know to reach them. Starts nothing."""

import hashlib
import socket
import sys
from collections.abc import Mapping

NUMBER = "+86106912345"
TRIED = 20
TEMPLATE, NOTICE = "shaoxiang-demo-template", "shaoxiang-demo-notice"


def played(environ: Mapping[str, str], host: str, port: int) -> dict[str, str]:
    """The variables that point the providers' libraries at the counterpart; empty when nothing is to be played.

    Each provider is played only while its real credentials are not given. The credentials are this installation's own, made from its secret.
    """
    if environ.get("APP_ENV") == "production" or environ.get("COUNTERPART") == "off":
        return {}
    found = _free(host, int(environ.get("COUNTERPART_PORT") or port + 1))
    url = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{found}"  # noqa: S104 - compared, not bound
    told: dict[str, str] = {}
    if not environ.get("TWILIO_ACCOUNT_SID"):
        told |= {
            "TWILIO_ACCOUNT_SID": "AC" + _made(environ, "account"),
            "TWILIO_AUTH_TOKEN": _made(environ, "token"),
            "TWILIO_FROM": NUMBER,
            "TWILIO_API_URL": url,
        }
    if not environ.get("WECHAT_APPID"):
        told |= {
            "WECHAT_APPID": "wx" + _made(environ, "wechat")[:16],
            "WECHAT_SECRET": _made(environ, "wechat secret"),
            "WECHAT_TOKEN": _made(environ, "wechat token"),
            "WECHAT_AES_KEY": (_made(environ, "wechat key") + _made(environ, "wechat key too"))[:43],
            "WECHAT_TEMPLATE_ID": TEMPLATE,
            "WECHAT_SUBSCRIBE_ID": NOTICE,
            "WECHAT_API_URL": url,
        }
    return told | {"COUNTERPART_URL": url} if told else {}


def counterpart_command(url: str, host: str, product: str) -> tuple[str, ...]:
    """gunicorn's command line: one process, because what it remembers is in memory."""
    return (
        *(
            sys.executable,
            "-m",
            "gunicorn",
            f"app.counterpart.server:application({product!r})",
            "--bind",
            f"{host}:{url.rpartition(':')[2]}",
        ),
        *("--worker-class", "gthread", "--workers", "1", "--threads", "24", "--graceful-timeout", "2", "--no-control-socket"),
    )


def _made(environ: Mapping[str, str], what: str) -> str:
    return hashlib.sha256(f"counterpart {what} {environ.get('SECRET_KEY', '')}".encode()).hexdigest()[:32]


def _free(host: str, first: int) -> int:
    """The first port from here on where nobody listens; the first one when all are taken: its log will say so."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(first, min(first + TRIED, 65536)):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    return first
