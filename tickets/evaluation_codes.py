"""Closed sets of stored codes of evaluation (domain §7): call-backs, the bad-rating loop, exclusions, reply quality. Their words are evaluation_words.py."""

BAD = 2  # the two lowest of five levels are bad ratings
# a call-back owed: on the reply, at the end of the limit, after a rectification, some time after closing
CALL_KINDS = ("reply", "due", "revisit", "look-back")
CALL_STATES = ("drawing", "waiting", "done", "skipped")
# why this one is called: everybody is, the draw took it, the rating is bad, the matter is sealed
CALL_REASONS = ("all", "sampled", "bad", "sealed")
CALL_RESULTS = ("answered", "unreachable", "not-drawn", "moved-on")
LOOK_BACKS = ("good", "relapse")

LOOP_STATES = ("counted", "open", "contacted", "rectifying", "appealed", "told", "upheld", "closed")
LOOP_OPEN = ("open", "contacted", "rectifying", "appealed")  # with the unit, or with the centre's ruling
LOOP_TO_REVISIT = ("told", "upheld")
CLASSES = ("clear", "complex", "no-legal-basis", "mistaken")
LOOP_OUTCOMES = ("settled", "explained", "upheld", "unreachable", "redone")
TOLD_BY = ("phone", "visit", "message")

EXCLUSION_GROUNDS = ("unreasonable", "wrongly-dispatched", "malicious", "beyond-law", "force-majeure")
EXCLUSION_STATES = ("asked", "seconded", "approved", "denied", "withdrawn")

SAMPLE_KINDS = ("call-back", "look-back", "quality", "direct")
ELEMENTS = ("time", "person", "measures", "limit")
CHECK_STATES = ("open", "split", "settled")
