"""First letters of Chinese names, so that a picker finds 市水务集团 by "swjt" without an input method."""

from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=8192)
def initials(words: str) -> str:
    """As "市水务集团" → "sswjt"; what is not Chinese stays, in lower case."""
    return "".join(lazy_pinyin(words, style=Style.FIRST_LETTER)).lower()


def findable(*words: str) -> str:
    """Everything a picker may be asked by: the words themselves and their initials."""
    said = " ".join(word for word in words if word)
    return f"{said.lower()} {initials(said)}"
