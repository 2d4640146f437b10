"""The platform's interface through the library wechatpy, with what the library leaves out: another host, the stable token shared by all hosts
and fetched under a lock, one renewal when a token is refused (the library's own retry never ends), and a time limit on every call."""

import time
from typing import Any

import requests
from redis import Redis
from redis.exceptions import LockError, RedisError
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException
from wechatpy.oauth import WeChatOAuth
from wechatpy.session import SessionStorage

REAL = "https://api.weixin.qq.com"
AUTHORIZE = "https://open.weixin.qq.com"
TIMEOUT = 8  # seconds
MARGIN = 300  # seconds before its end at which a token is fetched anew
LOCKED_FOR = 15
STALE_TOKENS = (40001, 40014, 42001)
PREFIX = "wechat:"


class Platform(WeChatClient):
    """The official account as the library knows it. Calls raise WeChatClientException (`errcode` None: no answer one can read) or requests' exceptions."""

    def __init__(self, appid: str, secret: str, redis: Redis, api_url: str = REAL):
        super().__init__(appid, secret, session=Drawer(redis), timeout=TIMEOUT, auto_retry=False)
        self.API_BASE_URL = api_url.rstrip("/") + "/cgi-bin/"
        self._redis = redis

    @property
    def access_token(self) -> str:
        """The account's token, from the drawer all hosts share, fetched by one of them when it is missing."""
        return self.session.get(self.access_token_key) or self._fetched("")

    def fetch_access_token(self) -> dict[str, Any]:
        """Fetch it whatever the drawer holds; the library's own way in."""
        return {"access_token": self._fetched(self.session.get(self.access_token_key) or "")}

    def web_ticket(self) -> str:
        """The ticket web pages are signed with (JS-SDK), from the same drawer."""
        name = f"{self.appid}_jsapi_ticket"
        found = self.session.get(name)
        if not found:
            answer = self.jsapi.get_ticket()
            found = answer["ticket"]
            self.session.set(name, found, max(60, int(answer.get("expires_in", 7200)) - MARGIN))
        return found

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        """Once more with another token when this one is refused; `params` must not carry the old one then."""
        params = dict(kwargs.pop("params", None) or {})
        used = self.access_token
        try:
            return super()._request(method, url_or_endpoint, params=params | {"access_token": used}, **kwargs)
        except WeChatClientException as refused:
            if refused.errcode not in STALE_TOKENS:
                raise
        return super()._request(method, url_or_endpoint, params=params | {"access_token": self._fetched(used)}, **kwargs)

    def _fetched(self, refused: str) -> str:
        """A token other than `refused`; whoever holds the lock asks, the others find what it found. Without Redis everybody asks: the
        stable token is the same for all."""
        lock = self._redis.lock(f"{PREFIX}{self.appid}:lock", timeout=LOCKED_FOR, blocking_timeout=LOCKED_FOR)
        try:
            held = lock.acquire()
        except RedisError:
            held = False
        try:
            found = self.session.get(self.access_token_key)
            return found if found and found != refused else self._asked(refused)
        finally:
            if held:
                _release(lock)

    def _asked(self, refused: str) -> str:
        answer = self._ask(force=False)
        if answer["access_token"] == refused:
            answer = self._ask(force=True)
        self.session.set(self.access_token_key, answer["access_token"], max(60, int(answer.get("expires_in", 7200)) - MARGIN))
        return answer["access_token"]

    def _ask(self, force: bool) -> dict[str, Any]:
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, "force_refresh": force}
        answer = self._http.post(self.API_BASE_URL + "stable_token", json=asked, timeout=TIMEOUT)
        answer.raise_for_status()
        said = answer.json()
        if not said.get("access_token"):
            raise WeChatClientException(
                int(said.get("errcode", -1)), said.get("errmsg", ""), client=self, request=answer.request, response=answer
            )
        return said


class Drawer(SessionStorage):
    """What the library keeps (the token, the ticket of web pages): in Redis, and in this process while Redis is away."""

    def __init__(self, redis: Redis):
        self._redis, self._here = redis, {}  # type: ignore[var-annotated] # name → (value, until when by the monotonic clock)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default`."""
        try:
            raw = self._redis.get(PREFIX + key)
            return raw.decode() if isinstance(raw, bytes) else default
        except RedisError:
            value, until = self._here.get(key, (default, 0.0))
            return value if time.monotonic() < until else default

    def set(self, key: str, value: Any, ttl: int | None = None) -> None:
        """Keep it so many seconds."""
        kept = ttl or 7200 - MARGIN
        self._here[key] = (str(value), time.monotonic() + min(kept, 600))
        try:
            self._redis.set(PREFIX + key, str(value), ex=kept)
        except RedisError:
            return  # the process has it

    def delete(self, key: str) -> None:
        """Forget it."""
        self._here.pop(key, None)
        try:
            self._redis.delete(PREFIX + key)
        except RedisError:
            return


class SignIn(WeChatOAuth):
    """Web pages inside WeChat that ask who is there; on a stand-in both of the platform's hosts are one."""

    def __init__(self, appid: str, secret: str, back: str, state: str, api_url: str = REAL):
        super().__init__(appid, secret, back, scope="snsapi_base", state=state)
        self.API_BASE_URL = api_url.rstrip("/") + "/"
        self.OAUTH_BASE_URL = (AUTHORIZE if api_url == REAL else api_url.rstrip("/")) + "/connect/"

    def openid_of(self, code: str) -> str:
        """Whose one-time code this is. Raises WeChatClientException for one that is none, requests' exceptions when nobody answers."""
        return self.fetch_access_token(code)["openid"]

    def _request(self, method: str, url_or_endpoint: str, **kwargs: Any) -> Any:
        return super()._request(method, url_or_endpoint, **kwargs | {"timeout": TIMEOUT})


UNHEARD = (WeChatClientException, requests.RequestException, KeyError, ValueError)  # what a call may raise in all


def _release(lock: Any) -> None:
    try:
        lock.release()
    except (LockError, RedisError):
        return  # it ended by itself
