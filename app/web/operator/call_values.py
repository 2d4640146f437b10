"""What the call form holds: its fields, how it looks empty, what was typed into it."""

from app.web import forms

WORDS = (
    "channel",
    "phone",
    "content",
    "title",
    "category",
    "appeal_type",
    "region",
    "address",
    "urgency",
    "name",
    "kind",
    "credit_code",
    "industry",
    "accused",
    "previous",
    "answer",
    "article",
    "code",
    "route",
    "words",
    "line",
    "line_words",
    "call",
)
FLAGS = ("reply_wanted", "confidential")
BLANK: dict = dict.fromkeys((*WORDS, "do", "append", "merge"), "") | {
    "channel": "phone",
    "appeal_type": "help",
    "urgency": "ordinary",
    "kind": "person",
    "reply_wanted": True,
    "confidential": False,
}


def read_call() -> dict:
    """Every field as it was typed, and which button was pressed."""
    words = {name: forms.text(name) for name in (*WORDS, "do", "append", "merge")}
    if words["do"].startswith("emergency-"):  # one key for the line and the hand-over
        words["do"], _dash, words["line"] = words["do"].partition("-")
    return words | {name: forms.flag(name) for name in FLAGS}
