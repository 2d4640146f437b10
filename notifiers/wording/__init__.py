"""The words of every message, by whom they are said to; how they are filled is texts.py's."""

from notifiers.wording.answers import ANSWERS
from notifiers.wording.citizens import CITIZEN, TALK
from notifiers.wording.forms import Wording, both
from notifiers.wording.house import HOTSPOTS, KNOWLEDGE, PATROLS, REPORTS, SEVERAL, STEPS, TASKS
from notifiers.wording.whistles import WHISTLES

# ---- to other systems, over HTTP: the body as it is signed. {kind} {body}
MACHINES = {"webhook": Wording(both("回调 {kind}", "Webhook {kind}"), both("{body}", "{body}"), "webhook")}
WORDING = TASKS | PATROLS | KNOWLEDGE | HOTSPOTS | REPORTS | MACHINES | TALK | STEPS | SEVERAL | CITIZEN | ANSWERS | WHISTLES
