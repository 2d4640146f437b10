"""Closed sets of stored codes (api.md, domain §3, §8). Their Chinese words are in words.py; a set here is a CHECK in the database."""

STATUSES = (
    "registered",
    "direct-closed",
    "emergency-transferred",
    "refused",
    "merged",
    "dispatched",
    "signed",
    "handling",
    "return-requested",
    "disputed",
    "suspended",
    "replied",
    "follow-up",
    "ledgered",
    "terminated",
    "closed",
    "archived",
)
OPEN = frozenset(
    {"registered", "dispatched", "signed", "handling", "return-requested", "disputed", "suspended", "replied", "follow-up", "ledgered"}
)
WITH_UNIT = frozenset({"dispatched", "signed", "handling", "return-requested", "disputed", "suspended"})

CHANNELS = ("phone", "wechat", "web", "sms", "email", "open311", "visit", "patrol", "transfer", "api")
CHANNEL_DIGIT = {
    "phone": "1",
    "sms": "2",
    "wechat": "3",
    "web": "4",
    "email": "5",
    "open311": "6",
    "visit": "7",
    "patrol": "8",
    "transfer": "9",
    "api": "0",
}
APPEAL_TYPES = ("consult", "help", "complaint", "report", "suggestion", "praise", "other")
URGENCIES = ("ordinary", "urgent", "critical")
TRACKS = ("general", "urgent", "enterprise", "consumer", "petition-simple", "petition-ordinary", "city-event")
APPELLANT_KINDS = ("person", "firm", "organisation", "anonymous")
UNIT_KINDS = ("city", "centre", "district", "department", "street", "company", "section")

RESULTS = ("resolved", "partly", "explained", "objectively-blocked", "unreasonable")
PAUSE_CODES = ("applicant-supplement", "statutory-test", "publicity-hearing-tender")
RETURN_REASONS = ("not-our-duty", "other-area", "duplicate", "wrong-category", "missing-facts", "needs-joint-handling")
REFUSALS = (
    "litigation",
    "arbitration",
    "discipline",
    "reconsideration",
    "info-disclosure",
    "in-petition",
    "state-secret",
    "trade-secret",
    "privacy",
    "public-morals",
    "out-of-area",
    "party-npc-court-army",
    "emergency-line",
    "done-no-new-fact",
    "market-or-social",
)
EMERGENCY_LINES = ("110", "119", "120", "122")
DEFECTS = ("missing-element", "not-answered", "untrue", "no-contact", "no-evidence", "wrong-result", "unclear")
CONTACT_METHODS = ("phone", "visit", "message", "video", "anonymous")
CONTACT_RESULTS = ("reached", "arrived", "unreachable", "not-possible")
TERMINATION_GROUNDS = (
    "appellant-withdrew",
    "settled-between-parties",
    "no-agreement",
    "matter-vanished",
    "entered-legal-procedure",
    "appellant-uncooperative",
)
OWN_WILL = frozenset({"appellant-withdrew", "settled-between-parties"})  # a party ends it: its own writing is the proof
ACCEPTED_TRACKS = ("consumer", "petition-simple", "petition-ordinary")  # their limits run from the unit's acceptance (T20, T24, T26)
ELIGIBILITY = ("first", "facts-clear", "duty-clear", "easy")  # all four, or the simple petition is an ordinary one (R29)
CHECK_OUTCOMES = ("filed", "not-filed", "handed-over")
NOTICE_METHODS = ("in-person", "mail", "phone", "message")
NOTICES = ("", "parties", "reporter", "told")  # who is still owed a notice, or that it was given
OWED = ("parties", "reporter")
FOLLOW_UP_OUTCOMES = ("close", "rework", "explain")
RISK_FLAGS = ("threat", "safety", "crowd", "vulnerable")
REQUEST_KINDS = ("return", "extension", "suspension", "ledger", "dispute", "termination")
TASK_STATES = ("open", "signed", "replied", "released")
