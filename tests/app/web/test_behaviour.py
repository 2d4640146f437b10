"""What static/js does: keys and Chinese input, rows, clocks, dialogs, drafts, double clicks, photos, toasts, large type, maps, refusals."""

import re

import pytest

from tests.app.web import kitchen
from tests.browser import ready

pytestmark = pytest.mark.browser
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@pytest.fixture
def kitchen_app():
    return kitchen.build()


@pytest.fixture
def desk(open_page, serve, kitchen_app):
    """The kitchen's desk at 1280 px; clicks on buttons are counted by their label."""
    page = open_page(serve(kitchen_app))
    page.evaluate("""() => { window.hits = []; document.addEventListener('click', e => {
        const b = e.target.closest('[data-key]'); if (b) { window.hits.push(b.closest('[id^="t-"],[id^="r-"]')?.id + ':' + b.dataset.key);
        if (b.matches('a')) e.preventDefault(); } }, true); }""")
    return page


class TestKeys:
    def test_letters_act_on_the_selected_row_and_only_there(self, desk):
        desk.keyboard.press("q")
        desk.keyboard.press("j")
        desk.keyboard.press("q")
        assert desk.evaluate("hits") == ["t-1:Q", "t-2:Q"]
        assert desk.locator(".job.sel").get_attribute("id") == "t-2"
        assert desk.evaluate("document.activeElement.closest('.job').id") == "t-2"

    def test_a_letter_without_a_row_that_knows_it_acts_on_the_page(self, desk):
        desk.keyboard.press("v")
        assert desk.locator("#reveal").is_visible()

    def test_letters_never_act_inside_a_field_but_alt_and_f_keys_do(self, desk):
        desk.focus("input[type=search]")
        desk.keyboard.type("qv")
        assert desk.evaluate("hits") == []
        desk.keyboard.press("Alt+o")
        assert desk.evaluate("hits") == ["undefined:Alt+O"]

    def test_nothing_acts_while_chinese_is_being_composed(self, desk):
        desk.evaluate("""() => { for (const extra of [{isComposing: true}, {keyCode: 229}])
            document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'q', code: 'KeyQ', bubbles: true, ...extra})) }""")
        assert desk.evaluate("hits") == []

    def test_with_control_the_browser_keeps_its_keys(self, desk):
        desk.keyboard.press("Control+q")
        desk.keyboard.press("Meta+t")
        assert desk.evaluate("hits") == []

    def test_slash_goes_to_the_search_and_question_mark_lists_the_keys(self, desk):
        desk.keyboard.press("/")
        assert desk.evaluate("document.activeElement.type") == "search"
        desk.evaluate("document.activeElement.blur()")
        desk.keyboard.press("?")
        listed = desk.locator("#keys").inner_text()
        assert "签收" in listed
        assert "下一行" in listed
        desk.keyboard.press("q")
        assert desk.evaluate("hits") == []  # a dialog is open

    def test_single_letters_can_be_switched_off_for_good(self, desk):
        desk.keyboard.press("?")
        desk.check("#keys input")
        desk.keyboard.press("Escape")
        desk.keyboard.press("q")
        assert desk.evaluate("hits") == []
        desk.reload()
        ready(desk)
        assert desk.evaluate("document.documentElement.dataset.keys") == "off"

    def test_a_field_key_focuses_its_field(self, open_page, serve, kitchen_app):
        page = open_page(serve(kitchen_app) + "/form")
        for key, name in (("Alt+1", "content"), ("Alt+2", "title"), ("Alt+3", "kind"), ("Alt+4", "address")):
            page.keyboard.press(key)
            assert page.evaluate("document.activeElement.name") == name
        page.keyboard.press("Alt+5")
        assert page.evaluate("document.activeElement.value") == "normal"
        page.keyboard.press("ArrowRight")
        assert page.is_checked("[name=urgency][value=urgent]")
        page.keyboard.press("Alt+6")
        assert page.is_checked("[name=urgency][value=critical]")


class TestRows:
    def test_j_and_k_stop_at_the_ends_and_enter_opens(self, desk):
        for _n in range(9):
            desk.keyboard.press("j")
        assert desk.locator("tr.sel").get_attribute("id") == "r-2"
        assert desk.locator("tr.sel").get_attribute("aria-current") == "true"
        for _n in range(9):
            desk.keyboard.press("k")
        desk.keyboard.press("Enter")
        desk.wait_for_url("**/t/1")

    def test_only_the_selected_rows_buttons_show_their_keys(self, desk):
        assert desk.locator("#t-1 .btn kbd").first.is_visible()
        assert not desk.locator("#t-2 .btn kbd").first.is_visible()
        desk.keyboard.press("j")
        assert desk.locator("#t-2 .btn kbd").first.is_visible()

    def test_a_pressed_button_stays_where_it_is_until_it_is_let_go(self, desk):
        button = desk.locator("#r-1 .btn")
        button.hover()
        before = button.bounding_box()
        desk.mouse.down()
        assert button.bounding_box() == before, "the click would go to what has come there meanwhile"
        desk.mouse.up()
        assert desk.locator("tr.sel").get_attribute("id") == "r-1"
        assert button.locator("kbd").is_visible()

    def test_one_box_ticks_all(self, desk):
        desk.check("[data-tick-all]")
        assert desk.locator("[name=tick]:checked").count() == 3


class TestClocks:
    def test_rings_count_down_and_change_their_tone(self, desk):
        desk.clock.install()
        desk.reload()
        ready(desk)
        ring = desk.locator("#t-2 .ring")
        assert ring.inner_text() in ("11:40", "11:39")
        desk.clock.run_for(402_000)
        assert ring.inner_text() in ("04:59", "04:58", "04:57")
        assert "late" in ring.get_attribute("class")
        desk.clock.run_for(300_000)
        assert ring.inner_text() in ("+0:01", "+0:02", "+0:03")
        assert "over" in ring.get_attribute("class")
        assert ring.locator(".v").get_attribute("stroke-dasharray") == "0.00 100"
        assert desk.locator("#r-0 [data-up]").inner_text() in ("11:41", "11:42", "11:43")


class TestForms:
    @pytest.fixture
    def form(self, open_page, serve, kitchen_app):
        return open_page(serve(kitchen_app) + "/form")

    def test_what_was_typed_survives_a_reload_and_is_forgotten_once_sent(self, form, kitchen_app):
        form.fill("#f-content", "水管爆了，没人来")
        form.check("[name=urgency][value=critical]", force=True)
        form.wait_for_selector("[data-draft-said]:not([hidden])")
        form.reload()
        ready(form)
        assert form.input_value("#f-content") == "水管爆了，没人来"
        assert form.is_checked("[name=urgency][value=critical]")
        assert form.locator(".draft-note").is_visible()
        assert form.inner_text("#f-content-n") == "8"
        form.click("text=另存")
        ready(form, ".toast-1")
        assert kitchen_app.sent[0]["content"] == "水管爆了，没人来"
        form.goto(form.url + "form")
        ready(form)
        assert form.input_value("#f-content") == ""

    def test_a_draft_can_be_thrown_away(self, form):
        form.fill("#f-title", "写错了")
        form.wait_for_selector("[data-draft-said]:not([hidden])")
        form.reload()
        ready(form)
        form.click(".draft-note button")
        assert form.input_value("#f-title") == ""
        form.reload()
        ready(form)
        assert form.input_value("#f-title") == ""

    def test_a_piece_that_arrives_never_puts_an_older_draft_over_what_is_being_typed(self, form):
        form.fill("#f-phone", "13800002716")
        form.wait_for_selector("[data-draft-said]:not([hidden])")
        form.fill("#f-content", "水管爆了")
        form.evaluate("document.body.dispatchEvent(new CustomEvent('htmx:after:settle', {bubbles: true}))")
        assert form.input_value("#f-content") == "水管爆了"

    def test_a_double_click_sends_once(self, form, kitchen_app):
        form.fill("#f-content", "x")
        form.evaluate("() => { const b = document.querySelector('[formaction]'); b.click(); b.click(); b.click(); }")
        form.wait_for_selector(".toast-1")
        assert len(kitchen_app.sent) == 1

    def test_photos_show_are_counted_and_can_be_taken_out(self, form):
        one = {"mimeType": "image/png", "buffer": PICTURE}
        form.set_input_files("#f-photos", [{"name": "a.png", **one}, {"name": "b.png", **one}, {"name": "c.png", **one}])
        assert form.locator(".shot").count() == 2
        assert "最多 2 张" in form.inner_text("[data-photo-oops]")
        form.click(".shot-out >> nth=0")
        assert form.evaluate("[...document.querySelector('#f-photos').files].map(f => f.name)") == ["b.png"]

    def test_a_photo_too_large_or_of_another_kind_is_refused_by_name(self, form):
        form.set_input_files(
            "#f-photos",
            [
                {"name": "big.png", "mimeType": "image/png", "buffer": b"0" * 1_100_000},
                {"name": "x.exe", "mimeType": "application/x-dosexec", "buffer": b"MZ"},
            ],
        )
        said = form.inner_text("[data-photo-oops]")
        assert "“big.png”太大了，每个最多 1 MB" in said
        assert "“x.exe”不是照片" in said
        assert form.locator(".shot").count() == 0

    def test_a_place_is_chosen_with_the_mouse_or_with_the_keyboard(self, form):
        form.wait_for_selector(".pin.me")
        form.click(".publicmap", position={"x": 300, "y": 100})
        by_mouse = form.input_value("[name=lng]"), form.input_value("[name=lat]")
        assert all(re.fullmatch(r"\d+\.\d{6}", one) for one in by_mouse)
        form.focus(".publicmap")
        form.keyboard.press("ArrowRight")
        form.wait_for_timeout(400)
        form.keyboard.press("Enter")
        assert (form.input_value("[name=lng]"), form.input_value("[name=lat]")) != by_mouse


class TestToasts:
    def test_undo_counts_down_and_goes(self, open_page, serve, kitchen_app):
        page = open_page(serve(kitchen_app) + "/form")
        page.fill("#f-content", "x")
        page.clock.install()
        page.click("text=另存")
        ready(page, ".toast-1")
        assert page.inner_text("[data-toast-left]") in ("8", "7")
        page.clock.run_for(3000)
        assert page.inner_text("[data-toast-left]") in ("5", "4")
        page.clock.run_for(6000)
        assert page.locator(".toast-1").count() == 0

    def test_u_undoes(self, open_page, serve, kitchen_app):
        page = open_page(serve(kitchen_app) + "/form")
        page.fill("#f-content", "x")
        page.click("text=另存")
        ready(page, ".toast-1")
        page.keyboard.press("u")
        page.wait_for_url("**/form")


class TestLargeType:
    def test_one_question_at_a_time_and_remembered(self, open_page, serve, kitchen_app):
        page = open_page(serve(kitchen_app) + "/citizen", width=390)
        page.click("[data-large]")
        shown = page.locator("[data-page]:visible")
        assert shown.count() == 1
        page.click("[data-next]")
        assert "2 · 拍张照片" in shown.inner_text()
        assert page.evaluate("document.activeElement.tagName") == "H2"
        page.click("[data-next]")
        assert page.locator("[data-page-last]").is_visible()
        page.reload()
        ready(page)
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "22px"
        assert shown.count() == 1

    def test_it_works_without_scripts(self, open_page, serve, kitchen_app):
        page = open_page(serve(kitchen_app) + "/citizen", width=390, java_script_enabled=False)
        page.click("[data-large]")
        assert page.get_attribute("html", "data-size") == "large"
        assert page.locator("[data-page]:visible").count() == 3


class TestNetwork:
    def test_offline_is_said_and_taken_back(self, desk):
        desk.context.set_offline(True)
        assert "断网了" in desk.inner_text("#offline")
        desk.context.set_offline(False)
        desk.wait_for_selector("#offline", state="detached")

    def test_a_refused_htmx_request_says_the_servers_sentence_and_swaps_nothing(self, desk):
        desk.evaluate(
            """() => { const b = document.querySelector('#t-1 .btn'); b.setAttribute('hx-get', '/error/409?said=何颖刚改过'); htmx.process(b); b.click(); }"""
        )
        desk.wait_for_selector(".toast-1")
        assert "何颖刚改过" in desk.inner_text(".toast-1")
        assert desk.locator("#t-1 .btn").first.inner_text().startswith("签收")
