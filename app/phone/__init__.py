"""The telephone: who calls, who waits, who answers, what is recorded, whom we call. What a provider is told is `telephony.py`'s; pages are app/web/operator's.

For other rooms:
* `app.phone.placing.bridge(number, actor, now)` (at an edge, with its own units of work: never inside one) calls the citizen of a ticket through the masked bridge:
  first the desk telephone of whoever asks rings, then the citizen's; both see only the hotline. A button: `{% include "phone/bridge.html" %}` with `ticket`.
* Figures: `calls` where direction = 'inbound'. Incoming: all. Answered: answered_at is not null. Abandoned: outcome 'abandoned' (hung up waiting)
  or 'call-back' (told they would be called). Seconds to answer: answer_seconds (arrived → an operator spoke); waited: wait_seconds (arrived →
  answered, or given up). 接通率 = answered ÷ incoming, 15s应答率 = answer_seconds <= 15 ÷ answered, both by arrived_at (domain §10).
"""
