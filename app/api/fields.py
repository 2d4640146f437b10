"""Building stones of request schemas: every field says in the reader's language what is wrong and what would be right.

Belongs here: shape (type, length, closed set, range). Not here: rules, which the verbs hold.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar

import marshmallow as ma
from marshmallow import fields

from app.api import words
from app.places import LARGEST_ID
from app.web.i18n import gettext as _
from app.web.i18n import listed

SHARED = {"required": words.REQUIRED, "null": words.NULL, "validator_failed": words.BAD_SCHEME}
OLDEST, NEWEST = datetime(1999, 12, 31, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # no screen shows them, PostgreSQL refuses the first and the last


class Body(ma.Schema):
    """What a call may carry; a field it does not know is refused by name."""

    error_messages: ClassVar = {"unknown": words.UNKNOWN, "type": words.BAD_OBJECT}

    class Meta:
        unknown = ma.RAISE

    @ma.pre_load
    def nothing_said_is_nothing_sent(self, data, **kwargs):
        """`"category": null` says no more than leaving it out; a required field still asks for its value."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None or name not in self.fields or self.fields[name].required}


class Text(fields.String):
    """Text of bounded length, without control characters. `least`: how many visible characters it needs."""

    default_error_messages = SHARED | {"invalid": words.BAD_TEXT, "invalid_utf8": words.NOT_SHOWN}

    def __init__(self, most: int = 200, *, least: int = 0, **kwargs):
        self.most, self.least = most, least
        bounds = {"maxLength": most} | ({"minLength": least} if least else {})
        super().__init__(metadata=bounds | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > self.most:
            raise ma.ValidationError(_(words.TOO_LONG, most=self.most))
        if UNFIT.search(text):
            raise ma.ValidationError(words.NOT_SHOWN)
        if len(text.strip()) < self.least:
            raise ma.ValidationError(words.BLANK)
        return text


class Code(fields.String):
    """One of a closed set of stored codes; the refusal lists them. `empty` lets "" stand for "not said"."""

    default_error_messages = SHARED | {"invalid": words.BAD_TEXT, "invalid_utf8": words.BAD_TEXT}

    def __init__(self, codes: Iterable[str], **kwargs):
        self.codes = tuple(codes)
        super().__init__(metadata={"enum": list(self.codes)} | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        code = super()._deserialize(value, attr, data, **kwargs)
        if code not in self.codes:
            raise ma.ValidationError(_(words.ONE_OF, codes=listed(self.codes)))
        return code


class Codes(fields.Field):
    """Several codes in a query, separated by commas: `status=dispatched,signed`."""

    default_error_messages = SHARED

    def __init__(self, codes: Iterable[str], **kwargs):
        self.codes = tuple(codes)
        super().__init__(metadata={"type": "string", "description": "逗号分隔：" + " ".join(self.codes)}, **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        found = tuple(dict.fromkeys(part for part in str(value).split(",") if part))
        if not set(found) <= set(self.codes):
            raise ma.ValidationError(_(words.ONE_OF, codes=listed(self.codes)))
        return found


class Flag(fields.Boolean):
    """true or false; words in a query ("1", "yes") too."""

    default_error_messages = SHARED | {"invalid": words.BAD_FLAG}


class Whole(fields.Integer):
    """A whole number between two bounds."""

    default_error_messages = SHARED | {"invalid": words.BAD_WHOLE, "too_large": words.BAD_WHOLE}

    def __init__(self, least: int = 1, most: int = LARGEST_ID, *, strict: bool = True, **kwargs):
        self.least, self.most = least, most
        super().__init__(strict=strict, metadata={"minimum": least, "maximum": most} | kwargs.pop("metadata", {}), **kwargs)

    def _validated(self, value):
        if isinstance(value, bool):
            raise self.make_error("invalid")
        number = super()._validated(value)
        if not self.least <= number <= self.most:
            raise ma.ValidationError(_(words.BETWEEN, least=self.least, most=self.most))
        return number


class Degrees(fields.Float):
    """A longitude (±180) or latitude (±90)."""

    default_error_messages = SHARED | {"invalid": words.BAD_NUMBER, "too_large": words.BAD_NUMBER, "special": words.BAD_NUMBER}

    def __init__(self, most: int, **kwargs):
        self.most = most
        super().__init__(metadata={"minimum": -most, "maximum": most}, **kwargs)

    def _validated(self, value):
        if isinstance(value, bool):
            raise self.make_error("invalid")
        number = super()._validated(value)
        if not -self.most <= number <= self.most:
            raise ma.ValidationError(_(words.BETWEEN, least=-self.most, most=self.most))
        return number


class Moment(fields.AwareDateTime):
    """An instant with its offset. A "+" that a query turned into a blank is understood."""

    default_error_messages = SHARED | {"invalid": words.BAD_MOMENT, "invalid_awareness": words.BAD_MOMENT, "format": words.BAD_MOMENT}

    def __init__(self, **kwargs):
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        if not isinstance(value, str) or len(value) > 40:
            raise self.make_error("invalid", input=value, obj_type="")
        instant = super()._deserialize(value.replace(" ", "+") if value.count(" ") == 1 and "T" in value else value, attr, data, **kwargs)
        if not OLDEST <= instant < NEWEST:
            raise ma.ValidationError(words.FAR_MOMENT)
        return instant


class Day(fields.Date):
    """A day: 2026-10-10."""

    default_error_messages = SHARED | {"invalid": words.BAD_DAY, "format": words.BAD_DAY}

    def _deserialize(self, value, attr, data, **kwargs):
        if not isinstance(value, str) or len(value) > 10:
            raise self.make_error("invalid", input=value, obj_type="")
        day = super()._deserialize(value, attr, data, **kwargs)
        if not OLDEST.year < day.year < NEWEST.year:
            raise ma.ValidationError(words.FAR_MOMENT)
        return day


class Listed(fields.List):
    """At most `most` of something."""

    default_error_messages = SHARED | {"invalid": words.BAD_LIST}

    def __init__(self, inner, most: int, **kwargs):
        self.most = most
        super().__init__(inner, metadata={"maxItems": most} | kwargs.pop("metadata", {}), **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        if isinstance(value, list) and len(value) > self.most:
            raise ma.ValidationError(_(words.TOO_MANY_ITEMS, most=self.most))
        return super()._deserialize(value, attr, data, **kwargs)


class Part(fields.Nested):
    """An object inside the body."""

    default_error_messages = SHARED | {"type": words.BAD_OBJECT}


class Picture(fields.String):
    """A photo as base64, with or without a `data:` prefix; gives bytes."""

    default_error_messages = SHARED | {"invalid": words.BAD_TEXT, "invalid_utf8": words.BAD_BASE64}

    def __init__(self, **kwargs):
        super().__init__(metadata={"contentEncoding": "base64", "description": "JPG、PNG、WEBP、GIF、BMP"}, **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return base64.b64decode(text.partition(";base64,")[2] or text, validate=True)
        except (binascii.Error, ValueError) as bad:
            raise ma.ValidationError(words.BAD_BASE64) from bad
