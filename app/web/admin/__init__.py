"""The administration desk: units, posts, accounts, absences, categories, catalogue, boundary list, knowledge, audit log, system."""

from app.web.admin import absences, accounts, audit_log, boundaries, catalogue, categories, home, knowledge, system, units
from app.web.admin.room import pages

__all__ = ["absences", "accounts", "audit_log", "boundaries", "catalogue", "categories", "home", "knowledge", "pages", "system", "units"]
