"""Which telephone system this installation has, from its settings, and what it is called with. The only place that chooses one."""

from collections.abc import Mapping
from functools import lru_cache

from app.config import Settings
from app.phone.cti import Cti, CtiAccount
from app.phone.telephony import Telephony, TelephonyFailed
from app.phone.twilio_voice import TwilioVoice, VoiceAccount
from notifiers.channels.twilio_sms import REAL
from tickets.codes import EMERGENCY_LINES

HOOK = "/hooks/twilio/voice"


@lru_cache(maxsize=4)
def telephony(settings: Settings) -> Telephony | None:
    """The city's own system where one is set up, else Twilio, else none. A demonstration city never calls real telephones."""
    if settings.cti_url and settings.cti_secret:
        return Cti(CtiAccount(settings.cti_url, settings.cti_secret))
    if not is_twilio(settings) or (settings.demo_password and settings.twilio_api_url == REAL):
        return None
    return TwilioVoice(
        VoiceAccount(
            settings.twilio_account_sid,
            settings.twilio_auth_token,
            settings.hotline,
            settings.public_url.rstrip("/") + HOOK,
            settings.twilio_api_url,
        )
    )


def is_twilio(settings: Settings) -> bool:
    """Whether Twilio's questions may be answered: credentials and a number to call from."""
    return bool(settings.twilio_account_sid and settings.twilio_auth_token and settings.hotline)


def needed(settings: Settings) -> Telephony:
    """The telephone system. Raises TelephonyFailed where there is none."""
    system = telephony(settings)
    if system is None:
        raise TelephonyFailed("这里没有接电话系统，请用话机直接拨；管理员在设置里接上")
    return system


def international(digits: str) -> str:
    """What people write, as telephone systems want it."""
    return digits if digits.startswith("+") else "+86" + digits.removeprefix("0")


def emergency_numbers(said: str) -> Mapping[str, str]:
    """EMERGENCY_NUMBERS "110=+86576…,119=…" as a table; a line that is not named there is dialled as it is."""
    named = dict(part.split("=", 1) for part in said.replace(" ", "").split(",") if "=" in part)
    return {line: named.get(line, line) for line in EMERGENCY_LINES}
