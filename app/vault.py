"""Encryption and keyed hashing of personal data (domain §11.2). Knows keys and bytes, never whose data it is."""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.config import BadSettings


class Vault:
    """AES-256-GCM for what must be read again, HMAC-SHA256 for what must only be found again.

    `key`: urlsafe base64 of 32 bytes. Raises BadSettings when it is not.
    """

    def __init__(self, key: str):
        try:
            raw = base64.urlsafe_b64decode(key)
        except ValueError as bad:
            raise BadSettings("IDENTITY_KEY 不是 base64 (IDENTITY_KEY is not base64)") from bad
        if len(raw) != 32:
            raise BadSettings("IDENTITY_KEY 解码后要正好 32 字节 (IDENTITY_KEY must decode to 32 bytes)")
        self._cipher = AESGCM(hashlib.sha256(b"seal" + raw).digest())
        self._hash_key = hashlib.sha256(b"find" + raw).digest()

    def seal(self, text: str) -> bytes:
        """Encrypt; every call gives other bytes."""
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, text.encode(), None)

    def open(self, sealed: bytes) -> str:
        """Decrypt what `seal` made. Raises cryptography's InvalidTag when the key is another one."""
        return self._cipher.decrypt(bytes(sealed[:12]), bytes(sealed[12:]), None).decode()

    def trace(self, text: str) -> str:
        """A keyed hash by which equal texts are found without being readable."""
        return hmac.new(self._hash_key, text.encode(), hashlib.sha256).hexdigest()

    def fingerprint(self) -> str:
        """Tells whether two installations hold the same key, without telling the key."""
        return self.trace("fingerprint")[:16]
