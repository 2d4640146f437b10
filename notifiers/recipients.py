"""From what people write as their number to what a channel can reach."""

import re

CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")


def sms_number(phone: str) -> str:
    """A mainland mobile number as +86…; "" for a landline, a short number or a foreign one, which no text message of ours reaches."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    return f"+86{digits}" if CHINESE_MOBILE.fullmatch(digits) else ""
