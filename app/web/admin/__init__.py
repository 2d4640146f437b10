"""The administration desk: units, posts, accounts, absences, categories, catalogue, boundary list, limits, calendar, knowledge, audit log, system."""

from app.web.admin import (
    absences,
    accounts,
    audit_log,
    boundaries,
    calendar,
    catalogue,
    categories,
    home,
    hours,
    knowledge,
    limits,
    outbox,
    patrols,
    robots,
    specials,
    system,
    units,
    webhooks,
    wordings,
)
from app.web.admin.room import pages

__all__ = ["absences", "accounts", "audit_log", "boundaries", "calendar", "catalogue", "categories", "home", "hours", "knowledge", "limits", "outbox", "pages", "patrols", "robots", "specials", "system", "units", "webhooks", "wordings"]
