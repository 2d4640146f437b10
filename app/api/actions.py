"""Every act of the house by its name, with the posts that may take it and its article: the workflow's, the supervision room's and the whistle's."""

from escalation.supervision_rules import ACTS
from tickets import evaluation_acts, whistle_workflow
from tickets.workflow import EDGES

WHISTLE = "whistle-"  # a whistle is signed and contacted too: its acts have names of their own here
ACTIONS = {**EDGES, **ACTS, **evaluation_acts.ACTS, **{WHISTLE + name: edge for name, edge in whistle_workflow.EDGES.items()}}
