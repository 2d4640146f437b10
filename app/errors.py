"""The one error tree. What a person did wrong or may not do; a programming error is never one of these.

Refused                      400  every refusal: stable `code`, a sentence for the person, extra data
├── Unauthenticated          401  unauthenticated
├── Forbidden                403  forbidden          wrong role, or not this person's ticket to act upon
├── NotFound                 404  not-found          also for what one may not know exists
├── WrongState               409  wrong-state        the ticket is elsewhere by now, or the rule forbids it at this time
│   └── Mismatch             409  idempotency-mismatch
├── Stale                    412  stale              somebody else acted first
├── TooLarge                 413  too-large
├── Invalid                  422  invalid            `fields`: {name: [sentence, …]}
└── TooMany                  429  too-many

Sentences are Chinese source strings; the edge translates them (`text % values`).
"""


def later(text: str) -> str:
    """Marks a sentence that is kept in a table or a name and translated only where it is shown: `WRONG = later("不对")` … `_(WRONG)`."""
    return text


class Filled(str):
    """A sentence whose %(name)s holes are filled, still translated at the edge: `Invalid(status=Filled("没有这个状态：%(names)s", names=…))`."""

    __slots__ = ("text", "values")
    text: str
    values: dict[str, object]

    def __new__(cls, text: str, **values: object) -> "Filled":
        said = super().__new__(cls, text % values)
        said.text, said.values = text, values
        return said


class Refused(Exception):
    """A refusal with a stable `code` and a sentence for the person; `values` fill the sentence's %(name)s holes."""

    status = 400
    code = "refused"

    def __init__(self, text: str, **values):
        super().__init__(text % values if values else text)
        self.text = text
        self.values = values


class Unauthenticated(Refused):
    status = 401
    code = "unauthenticated"


class Forbidden(Refused):
    status = 403
    code = "forbidden"


class NotFound(Refused):
    status = 404
    code = "not-found"


class WrongState(Refused):
    status = 409
    code = "wrong-state"


class Mismatch(WrongState):
    code = "idempotency-mismatch"


class Stale(Refused):
    status = 412
    code = "stale"


class TooLarge(Refused):
    status = 413
    code = "too-large"


class Invalid(Refused):
    """Bad input. `Invalid(content="请写下内容")` names the field and the remedy."""

    status = 422
    code = "invalid"

    def __init__(self, text: str = "有几处需要改一下", /, **fields):
        super().__init__(text)
        self.fields = {name: [said] if isinstance(said, str) else list(said) for name, said in fields.items()}


class TooMany(Refused):
    status = 429
    code = "too-many"
