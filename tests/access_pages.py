"""Who may open which page: the explicit table behind tests/test_access_matrix.py. A page that is not here fails the suite.

Endpoint → roles, ANYBODY or OPEN. Roles are those of tickets/actors.py. API routes: tests/access_table.py.
"""

from tests.access_table import ANYBODY, LEDGER, OPEN, OVERSEERS, READERS, UNIT, WATCHERS, WHISTLE_READERS, of

DISPATCH, AGENTS, ADMINS = of("dispatcher"), of("agent"), of("admin")
DUTY = UNIT | {"leader", "supervisor"}
KNOWERS = of("admin", "head", "liaison")


def _all(prefix: str, roles: frozenset[str], names: str) -> dict[str, frozenset[str]]:
    return {f"{prefix}.{name}": roles for name in names.split()}


PAGES: dict[str, frozenset[str]] = {
    "static": OPEN,
    "city_map.show": OPEN,
    # what a citizen sees
    **_all("signin", OPEN, "show enter"),
    **_all("portal", OPEN, "home answers answer flow figures duties cases case find_code privacy"),
    **_all("published", OPEN, "index show"),
    **_all("filing", OPEN, "ask hand_in near held"),
    **_all("tracking", OPEN, "ask show receipt urge supplement photo ways confirming confirm"),
    **_all("rating", OPEN, "show rate picture"),
    **_all("health", OPEN, "alive ready measure"),
    "receipts.twilio_status": OPEN,
    "receipts.alibaba_reports": OPEN,
    "phone_hooks.voice": OPEN,
    "cti.hear": OPEN,
    "texting.take": OPEN,
    **_all("wechat_hook", OPEN, "echo take"),
    **_all("wechat", OPEN, "signature enter back mine ask_code give_code drop"),
    "api-reader.reader": OPEN,
    # other systems' civic apps: the key speaks, or nobody (tests/app/open311)
    **_all("open311", OPEN, "discovery list_services define_service list_requests one_request list_updates request_of_token file_request"),
    # whoever signed in
    **_all("signin", ANYBODY, "leave home"),
    **_all(
        "account",
        ANYBODY,
        "show password start_totp enable_totp disable_totp language set_way make_token revoke_token add_absence end_absence ask_delegate delegate revoke",
    ),
    # one ticket: who reads it and who may act is the API's table and the verbs'
    **_all("messages", ANYBODY, "show ring read read_all"),
    "messages.about": READERS,
    **_all("ticket", READERS, "show paper attachment"),
    **_all("ticket_acts", READERS, "reveal act"),
    # desks
    **_all("operator", AGENTS, "callers suggestions call save mine knowledge receipt recall line line_act missed settle_missed"),
    **_all("telephone", of("agent", "follow-up"), "mine keep place"),
    **_all(
        "dispatch", DISPATCH, "evidence correction send merge mend recall returns disputes asked request_pane queue bulk recall_all decide"
    ),
    **_all("reveals", of("discipline", "admin"), "show"),
    **_all("rulings", of("panel"), "queue pane rule"),
    **_all("all_tickets", READERS, "show keep_view drop_view export"),
    **_all("unit", UNIT, "show sign views keep_view drop_view export"),
    **_all("duty", DUTY, "show absent back delegate revoke put_on take_off"),
    **_all("audit", of("auditor"), "show pane review"),
    **_all("followup", of("follow-up"), "show pane call slip"),
    **_all("evaluation", READERS, "show do"),
    **_all("ratings", UNIT | {"follow-up", "auditor", "panel", "supervisor", "leader", "discipline"}, "board exclusions"),
    **_all("draws", of("follow-up", "auditor", "supervisor", "leader", "discipline", "admin"), "show one"),
    "draws.draw": of("follow-up", "supervisor"),
    "draws.set_rule": of("supervisor", "admin"),
    **_all("quality", of("auditor", "panel", "follow-up", "supervisor"), "show pane mark"),
    **_all("reports", of("supervisor", "leader"), "index escalations steps file"),
    "reports.clocks": of("supervisor", "leader", "discipline", "dispatcher"),
    **_all("whistle_report", of("supervisor", "leader"), "show behind file"),
    **_all("figures", of("supervisor", "leader", "discipline", "publisher"), "show file books restated subscribe awareness"),
    **_all("figures", of("supervisor", "leader"), "save_books answer_appeal"),
    "figures.behind": of("supervisor", "leader", "discipline", "publisher", "dispatcher"),
    "hall.show": of("supervisor", "leader", "discipline", "dispatcher"),
    "figures.opening": of("supervisor", "leader", "publisher"),
    **_all("figures", of("publisher"), "publish enter_awareness"),
    **_all("figures", of("head", "liaison"), "own appeal"),
    **_all("blowing", of("liaison", "head"), "start step"),
    **_all("whistle", WHISTLE_READERS, "show code photo act"),
    **_all("whistle_office", DISPATCH, "show act"),
    **_all("street", UNIT, "show act"),
    **_all("whistle_grades", WHISTLE_READERS, "show act"),
    "whistle_wall.show": of("supervisor", "leader", "discipline", "dispatcher"),
    **_all("hotspots", of("supervisor", "leader", "dispatcher"), "show one act"),
    **_all("hotspot_report", OVERSEERS, "show file"),
    **_all("companies", OVERSEERS, "show file tickets"),
    **_all("specials", READERS, "show"),
    **_all("specials", OVERSEERS, "report file"),
    **_all("bulletins", OVERSEERS | {"publisher"}, "show new add one change file"),
    **_all("knowledge", KNOWERS, "entries new_entry add_entry entry change_entry drop_entry confirm_entry"),
    **_all("patrol", UNIT | WATCHERS, "show one"),
    **_all("patrol", UNIT, "visit ask report"),
    **_all(
        "supervision",
        OVERSEERS | {"discipline"},
        "show ledger_list export_ledger order_list highest dossier_paper dossier_file referral_paper referral_file",
    ),
    **_all("supervision", OVERSEERS, "act act_highest"),
    **_all("orders", UNIT, "mine act"),
    **_all("orders", LEDGER, "one paper"),
    **_all("orders", LEDGER - {"discipline"}, "take"),
    # administration
    **_all(
        "admin",
        ADMINS,
        "home system absence_list put_away end_absence account_list new_account add_account account change_account act_on_account boundary_list new_boundary write_draft draft "
        "rewrite_draft submit_draft review_draft act_on_drafts withdraw catalogue new_entry write_entry end_entry entry_history category_tree add_category change_category change_standard special_topics write_special unit_tree new_unit "
        "add_unit unit change_unit move_unit open_unit rest_unit set_post message_list send_again webhook_list add_webhook try_webhook switch_webhook robot_list set_robot try_robot switch_robot wording_list wording write_wording limit_list limit write_limit hours_list make_hours retire_hours set_unit_hours "
        "end_unit_hours import_form import_template try_import do_import calendar try_notice write_notice patrol_cells open_cell change_cell close_cell",
    ),
    **_all("admin", ADMINS | {"discipline"}, "log export_log"),
}
