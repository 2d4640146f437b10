"""Every act of the house by its name, with the posts that may take it and its article: the workflow's and the supervision room's."""

from escalation.supervision_rules import ACTS
from tickets.workflow import EDGES

ACTIONS = {**EDGES, **ACTS}
