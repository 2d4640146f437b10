"""The doctor's checks as a page: what is wrong with this installation and how to mend it."""

from flask import current_app, render_template

from app import clock
from app.commands import findings
from app.web.admin.room import pages


@pages.get("/system")
def system():
    """Every check of `doctor`, the broken ones first, and how this installation is set."""
    settings = current_app.config["SETTINGS"]
    checks = [findings.python(), findings.packages(), findings.disk(settings.home), *(one for one in findings.on_settings(settings) if one)]
    return render_template("admin/system.html", checks=sorted(checks, key=lambda one: one.ok), settings=settings, at=clock.now())
