"""Which nouns there are: every API blueprint, registered once."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect


def init_app(app: Flask, csrf: CSRFProtect) -> None:
    """Register the API; its writes are exempt from CSRF only when a bearer token speaks (principal.py)."""
