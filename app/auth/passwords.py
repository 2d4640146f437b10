"""Passwords by argon2, with its defaults; nothing else may compare one."""

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from app.errors import Invalid

_hasher = PasswordHasher()
SHORTEST = 10


def hash_password(password: str) -> str:
    """The stored form. Raises Invalid when shorter than 10 characters."""
    if len(password) < SHORTEST:
        raise Invalid(password="密码至少 10 位")  # noqa: S106 -- a sentence about a field
    return _hasher.hash(password)


def is_password(stored: str, given: str) -> bool:
    try:
        return _hasher.verify(stored, given)
    except VerificationError:
        return False
