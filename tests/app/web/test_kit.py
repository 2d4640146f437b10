"""The kit without a browser: addresses, escaping, numbers, words, choices, toasts, icons, vendored files, error pages."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from flask import render_template_string

from app.web import assets, errors, i18n, icons, kit
from app.web.tools import vendor
from tests.app.web import kitchen

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def kitchen_app():
    return kitchen.build()


@pytest.fixture
def visitor(kitchen_app):
    return kitchen_app.test_client()


def drawn(app, source: str, path: str = "/", **values) -> str:
    with app.test_request_context(path):
        return render_template_string('{% import "ui.jinja" as ui %}' + source, **values)


class TestStatic:
    def test_an_address_carries_the_hash_of_its_content_and_is_kept_for_ever(self, kitchen_app, visitor):
        with kitchen_app.test_request_context():
            address = assets.asset("app.css")
        answer = visitor.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert b"--accent" in answer.data

    def test_without_the_right_hash_it_is_revalidated(self, visitor):
        answer = visitor.get("/static/app.js?v=old")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert visitor.get("/static/app.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304

    def test_text_is_squeezed_for_those_who_ask(self, visitor):
        plain, squeezed = (visitor.get("/static/vendor/tabler-1.6.1/tabler.min.css", headers=h) for h in ({}, {"Accept-Encoding": "gzip"}))
        assert squeezed.headers["Content-Encoding"] == "gzip"
        assert len(squeezed.data) < len(plain.data) / 5
        assert "Accept-Encoding" in squeezed.headers["Vary"]

    @pytest.mark.parametrize("path", ["../app/config.py", "..%2fconfig.py", "nothing.css", "css", ""])
    def test_nothing_outside_the_folder_is_served(self, visitor, path):
        assert visitor.get(f"/static/{path}").status_code == 404

    def test_an_unknown_file_is_a_mistake_of_the_template(self, kitchen_app):
        with kitchen_app.test_request_context(), pytest.raises(LookupError, match="nothing"):
            assets.asset("nothing.css")

    def test_vendored_files_are_what_the_manifest_says(self):
        assert vendor.sums() == json.loads(vendor.MANIFEST.read_text(encoding="utf-8"))

    def test_our_own_styles_and_scripts_load_nothing_from_elsewhere(self):
        ours = [path for folder in ("css", "js") for path in (assets.STATIC / folder).rglob("*.*s")]
        assert ours
        assert not [path.name for path in ours if "://" in path.read_text(encoding="utf-8")]


class TestMacros:
    def test_what_a_citizen_wrote_is_escaped(self, kitchen_app):
        page = drawn(
            kitchen_app,
            '{{ ui.job("t", "/t", said, meta=[said]) }}{{ ui.text("a", said, said, error=said) }}{{ ui.chip(said) }}',
            said="<script>&",
        )
        assert "<script>" not in page
        assert page.count("&lt;script&gt;&amp;") == 6

    def test_no_page_has_a_style_attribute_or_an_inline_script(self, visitor):
        for path in ("/", "/form", "/citizen", "/queue", "/error/409"):
            page = visitor.get(path).text
            assert " style=" not in page
            assert "<script>" not in page
            assert " onclick" not in page

    def test_an_unknown_icon_raises_in_tests_and_leaves_the_word_alone_in_production(self, kitchen_app, caplog):
        with kitchen_app.app_context():
            with pytest.raises(LookupError, match="unicorn"):
                icons.icon("unicorn")
            kitchen_app.testing = False
            try:
                assert icons.icon("unicorn") == ""
            finally:
                kitchen_app.testing = True
        assert "unicorn" in caplog.text

    @pytest.mark.parametrize(
        ("seconds", "tone", "text"),
        [
            (1668, "", "27:48"),
            (900, "", "15:00"),
            (899, "soon", "14:59"),
            (299, "late", "04:59"),
            (0, "late", "00:00"),
            (-125, "late over", "+2:05"),
            (5999, "", "99:59"),
            (90000, "", "25 时"),
            (-90000, "late over", "+25 时"),
        ],
    )
    def test_a_ring_says_how_late_it_is(self, kitchen_app, seconds, tone, text):
        ring = drawn(kitchen_app, "{{ ui.ring(s, 50) }}", s=seconds)
        assert f'class="ring  {tone}"' in ring
        assert f"<span>{text}</span>" in ring
        assert ("已超" in ring) == (seconds < 0)

    def test_a_rate_without_a_denominator_is_a_dash(self, kitchen_app):
        assert "<b>—</b>" in drawn(kitchen_app, '{{ ui.rate("满意率", none, 0, 0) }}')
        assert [kit.percent(share) for share in (0.91204, 0.999999, 1.0, None)] == ["91.20%", "99.99%", "100.00%", "—"]
        assert kit.number(5318) == "5,318"

    def test_a_field_with_an_error_is_tied_to_its_sentence(self, kitchen_app):
        field = drawn(kitchen_app, '{{ ui.text("phone", "手机号", "139", hint="11 位", error=["少了一位", "再核对"], required=true) }}')
        assert 'aria-invalid="true" aria-describedby="f-phone-h f-phone-e"' in field
        assert 'id="f-phone-e"' in field
        assert "少了一位<br>再核对" in field
        assert "必填" in field

    def test_every_post_form_carries_the_token(self, kitchen_app):
        page = drawn(kitchen_app, '{{ ui.post_btn("做", "/x") }}{{ ui.confirm("c", "t", "/x", "v") }}{{ ui.toast("t", "/u") }}')
        assert page.count('method="post"') == page.count('name="csrf_token"') == 3

    def test_a_ticket_number_ends_in_the_six_digits_people_say(self, kitchen_app):
        assert drawn(kitchen_app, '{{ ui.no("202609309901021000471") }}') == (
            '<span class="no"><i>20260930</i><i>990102</i><i>1</i><b>000471</b></span>'
        )
        assert "<b>000471</b>" in drawn(kitchen_app, '{{ ui.no("X-000471") }}')

    def test_words_are_marked_in_escaped_text(self):
        assert kit.mark_words("<污水>漫到电表箱，污水倒灌", ["污水", "污水倒灌", "电表箱", ""]) == (
            "&lt;<mark>污水</mark>&gt;漫到<mark>电表箱</mark>，<mark>污水倒灌</mark>"
        )
        assert kit.mark_words("a<b", []) == "a&lt;b"

    def test_a_trace_starts_under_its_weekday(self, kitchen_app):
        page = drawn(
            kitchen_app,
            "{{ ui.trace(cells) }}",
            cells=[{"date": datetime(2026, 10, 1, tzinfo=UTC).date(), "kind": "off", "words": ["国庆"]}],
        )
        assert page.count('<li class="h" aria-hidden="true"></li>') == 3  # a Thursday
        assert "10 月 1 日" in page


class TestAddresses:
    def test_here_changes_and_drops_arguments(self, kitchen_app):
        with kitchen_app.test_request_context("/q?kind=help&page=3&tag=a&tag=b"):
            assert kit.here(page=4) == "/q?kind=help&page=4&tag=a&tag=b"
            assert kit.here(kind=None, page=None, tag=None) == "/q"
            assert kit.here(q="下水 道&") == "/q?kind=help&page=3&tag=a&tag=b&q=%E4%B8%8B%E6%B0%B4+%E9%81%93%26"

    def test_choices_are_remembered_on_the_device(self, visitor):
        assert 'data-size="large"' in visitor.get("/citizen?size=large").text
        assert 'data-size="large"' in visitor.get("/citizen").text
        assert 'data-bs-theme="dark"' in visitor.get("/citizen?theme=dark").text
        assert 'data-size="plain"' in visitor.get("/citizen?size=huge&theme=light").text.replace('"large"', '"plain"')

    def test_a_made_up_choice_changes_nothing(self, visitor):
        page = visitor.get('/citizen?size="><script>&theme=pink')
        assert 'data-size="plain" data-keys="on"' in page.text
        assert "Set-Cookie" not in page.headers or "size=" not in page.headers["Set-Cookie"]


class TestLanguage:
    def test_chinese_unless_something_asks_for_english(self, visitor):
        assert '<html lang="zh-CN"' in visitor.get("/citizen").text
        assert '<html lang="en"' in visitor.get("/citizen", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
        assert '<html lang="zh-CN"' in visitor.get("/citizen", headers={"Accept-Language": "fr"}).text

    def test_a_choice_stays(self, visitor):
        assert "Call 12345" in visitor.get("/citizen?lang=en").text
        assert "Call 12345" in visitor.get("/citizen").text
        assert "打 12345" in visitor.get("/citizen?lang=zh").text

    def test_the_account_goes_before_the_device_and_after_this_visits_choice(self, kitchen_app):
        app = kitchen.build()
        app.extensions["account_language"] = lambda: "en"
        visitor = app.test_client()
        visitor.set_cookie("lang", "zh")
        assert '<html lang="en"' in visitor.get("/citizen").text
        visitor.get("/citizen?lang=zh")
        assert '<html lang="zh-CN"' in visitor.get("/citizen").text

    def test_counted_sentences_have_a_singular_in_english(self, kitchen_app):
        with kitchen_app.test_request_context("/?lang=en"):
            assert i18n.ngettext("%(n)s 分钟前", 1) == "1 minute ago"
            assert i18n.ngettext("%(n)s 分钟前", 2) == "2 minutes ago"

    def test_values_in_a_marked_up_sentence_are_escaped(self, kitchen_app):
        with kitchen_app.test_request_context():
            assert i18n.html("<b>%(who)s %(when)s 刚改过这件。</b>", who="<i>", when="now") == "<b>&lt;i&gt; now 刚改过这件。</b>"

    def test_outside_of_a_request_it_is_chinese(self):
        assert i18n.current_language() == "zh"


class TestMoments:
    def test_a_deadline_at_midnight_is_24_00_of_the_day_before(self, kitchen_app):
        midnight = datetime(2026, 10, 10, 16, 0, tzinfo=UTC)  # 11 October, 00:00 in the city
        with kitchen_app.test_request_context():
            assert i18n.format_due(midnight, year=False) == "10 月 10 日 24:00"
            assert i18n.format_moment(midnight, year=False) == "10 月 11 日 00:00"
            assert i18n.format_due(midnight - timedelta(hours=7), year=False) == "10 月 10 日 17:00"
        with kitchen_app.test_request_context("/?lang=en"):
            assert i18n.format_due(midnight, year=False) == "Oct 10, 24:00"

    def test_another_year_is_said(self, kitchen_app):
        with kitchen_app.test_request_context():
            assert i18n.format_day(datetime(2019, 1, 22, tzinfo=UTC)) == "2019 年 1 月 22 日"
            assert i18n.format_due(datetime(2019, 12, 31, 16, tzinfo=UTC)) == "2019 年 12 月 31 日 24:00"
            assert i18n.line_time(datetime(2019, 1, 22, tzinfo=UTC)) == "2019-1-22 08:00"

    @pytest.mark.parametrize(("gone", "said"), [(5, "刚刚"), (125, "2 分钟前"), (7300, "2 小时前"), (90000, "2025 年 12 月 31 日 07:00")])
    def test_ago(self, kitchen_app, gone, said):
        with kitchen_app.test_request_context():
            ago = i18n.format_ago(NEW_YEAR - timedelta(seconds=gone), NEW_YEAR)
        assert ago.removeprefix("2025 年 ") == said.removeprefix("2025 年 ")

    @pytest.mark.parametrize(
        ("seconds", "said"),
        [(40, "40 秒"), (-40, "40 秒"), (720, "12 分"), (22200, "6 小时 10 分"), (7200, "2 小时"), (90000, "1 天 1 小时"), (86400, "1 天")],
    )
    def test_span(self, kitchen_app, seconds, said):
        with kitchen_app.test_request_context():
            assert i18n.format_span(seconds) == said


class TestToasts:
    def test_a_toast_waits_for_the_next_page_and_forgets_the_draft(self, visitor):
        token = visitor.get("/form").text.split('name="csrf_token" value="')[1].split('"')[0]
        page = visitor.post("/send", data={"csrf_token": token, "content": "x"}, follow_redirects=True).text
        assert 'action="/undo"' in page
        assert 'data-draft-done="kitchen"' in page
        assert 'action="/undo"' not in visitor.get("/").text

    def test_an_htmx_answer_carries_it_in_a_header(self, kitchen_app):
        app = kitchen.build()

        @app.get("/done")
        def done():
            kit.toast("已派出", undo="/undo", seconds=8)
            return "ok"

        answer = app.test_client().get("/done", headers={"HX-Request": "true"})
        assert json.loads(answer.headers["X-Toasts"]) == [{"text": "已派出", "undo": "/undo", "seconds": 8}]

    def test_no_token_no_change(self, visitor):
        assert visitor.post("/send", data={"content": "x"}).status_code == 400


class TestErrors:
    @pytest.mark.parametrize("status", sorted(errors.TITLES))
    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_every_refusal_has_a_page_that_says_what_is_safe(self, visitor, status, language):
        answer = visitor.get(f"/error/{status}?lang={language}")
        assert answer.status_code == status
        assert "data-error-text" in answer.text
        assert "7F3A-19" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"

    def test_the_refusals_own_sentence_comes_first(self, visitor):
        page = visitor.get("/error/409?lang=zh&said=<b>何颖</b>").text
        assert page.index("&lt;b&gt;何颖") < page.index("还要改就再改")

    def test_an_unknown_status_borrows_its_familys_words(self, visitor):
        assert "看不懂" in visitor.get("/error/418").text
        assert "我们这边出错了" in visitor.get("/error/507").text
