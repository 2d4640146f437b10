"""Closed sets of the whistle room (domain §6): kinds, states, sources, and the numbers that are rules. Words are whistle_words' business."""

EMERGENCY, ENFORCEMENT, ROUTINE, TOUGH = KINDS = ("emergency", "enforcement", "routine", "tough")
STATUSES = ("draft", "approved", "sounded", "joint-handling", "released", "evaluated", "closed", "withdrawn")
LIVE = frozenset({"sounded", "joint-handling"})  # somebody is called and not yet let go
SOURCES = ("ticket", "patrol", "petition", "meeting")
STATES = ("called", "signed", "contacted", "checked-in", "result-submitted", "released", "no-show", "excused")
AWAITED = frozenset({"called", "signed", "contacted"})  # not there yet
PRESENT = frozenset({"checked-in", "result-submitted"})  # there, and may not leave
ENDED = frozenset({"released", "no-show", "excused"})
HOW = ("geo", "qr", "remote")
METHODS = ("phone", "visit", "message", "video")
APPROVALS_NEEDED = {TOUGH: 2}  # party secretary and director (GL); all others one
LOW = 2  # a grade of this or less needs reason and evidence
GRADES = ("speed", "handling", "result")
BEST, MOST_BONUS = 5, 5
RADIUS = 300  # metres round the meeting place within which a position counts as arrival
