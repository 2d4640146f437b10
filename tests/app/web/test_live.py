"""Live lists: told within two seconds, nothing lost on the way; Redis may go and come back; nobody listens to what was not signed for them."""

import json
import time

import pytest
import redis as redis_client
from itsdangerous import URLSafeTimedSerializer

from app.web import live
from tests.app.web import kitchen


@pytest.fixture
def kitchen_app():
    return kitchen.build()


@pytest.fixture
def redis(kitchen_app):
    return kitchen_app.extensions["redis"]


def token_of(app, *topics) -> str:
    return URLSafeTimedSerializer(app.secret_key, salt="live").dumps(list(topics))


class TestAsking:
    def test_nothing_new_is_204_and_a_change_names_its_topic(self, kitchen_app, redis):
        visitor, token = kitchen_app.test_client(), token_of(kitchen_app, "unit:12", "centre")
        first = visitor.get("/live", query_string={"t": token, "v": ""}).json
        assert visitor.get("/live", query_string={"t": token, "v": first["mark"]}).status_code == 204
        live.publish(redis, "centre", "unit:99")
        second = visitor.get("/live", query_string={"t": token, "v": first["mark"]}).json
        assert second["topics"]["centre"] != first["topics"]["centre"]
        assert second["topics"]["unit:12"] == first["topics"]["unit:12"]
        assert "unit:99" not in second["topics"]

    def test_every_publish_leaves_another_mark(self, kitchen_app, redis):
        marks = set()
        for _n in range(50):
            live.publish(redis, "centre")
            marks.add(redis.kept["live:centre"])
        assert len(marks) == 50

    @pytest.mark.parametrize("token", ["", "x", "WyJjZW50cmUiXQ.made.up", "{}"])
    def test_a_made_up_token_hears_nothing(self, kitchen_app, token):
        assert kitchen_app.test_client().get("/live", query_string={"t": token}).status_code == 403

    def test_a_token_of_another_purpose_hears_nothing(self, kitchen_app):
        forged = URLSafeTimedSerializer(kitchen_app.secret_key, salt="session").dumps(["centre"])
        assert kitchen_app.test_client().get("/live", query_string={"t": forged}).status_code == 403

    def test_an_old_token_is_worth_nothing(self, kitchen_app, monkeypatch):
        token = token_of(kitchen_app, "centre")
        monkeypatch.setattr(live, "GOOD_FOR", -1)
        assert kitchen_app.test_client().get("/live", query_string={"t": token}).status_code == 403

    def test_without_redis_the_answer_is_503_and_publishing_is_only_logged(self, kitchen_app, redis, caplog):
        redis.away = True
        assert kitchen_app.test_client().get("/live", query_string={"t": token_of(kitchen_app, "centre")}).status_code == 503
        live.publish(redis, "centre")
        assert "live hint lost for centre" in caplog.text

    def test_it_speaks_to_a_real_redis(self, kitchen_app, redis_url):
        with redis_client.Redis.from_url(redis_url) as real:
            kitchen_app.extensions["redis"] = real
            visitor, token = kitchen_app.test_client(), token_of(kitchen_app, "unit:12", "centre")
            first = visitor.get("/live", query_string={"t": token}).json
            live.publish(real, "unit:12", "centre")
            second = visitor.get("/live", query_string={"t": token, "v": first["mark"]}).json
            assert all(second["topics"].values())
            assert 0 < real.ttl("live:centre") <= live.KEPT
            assert visitor.get("/live", query_string={"t": token, "v": second["mark"]}).status_code == 204

    def test_a_page_signs_the_topics_it_shows_and_no_others(self, kitchen_app):
        page = kitchen_app.test_client().get("/queue").text
        token = page.split('data-token="')[1].split('"')[0]
        assert list(json.loads(kitchen_app.test_client().get("/live", query_string={"t": token}).text)["topics"]) == ["unit:12"]
        assert 'data-token=""' in kitchen_app.test_client().get("/citizen").text


@pytest.mark.browser
class TestInTheBrowser:
    @pytest.fixture
    def queue(self, open_page, serve, kitchen_app):
        page = open_page(serve(kitchen_app) + "/queue")
        page.wait_for_selector("#live[data-heard]", state="attached")
        return page

    def test_a_new_row_is_on_screen_within_two_seconds(self, queue, kitchen_app, redis):
        for n in range(3):
            kitchen_app.rows.append(f"new{n}")
            live.publish(redis, "unit:12")
            told = time.monotonic()
            queue.wait_for_selector(f"#t-new{n}")
            assert time.monotonic() - told < 2
            assert "fresh" in queue.get_attribute(f"#t-new{n}", "class")
        queue.wait_for_selector("#say:has-text('新来 1 件')", state="attached")

    def test_selection_focus_and_what_is_open_survive(self, queue, kitchen_app, redis):
        queue.keyboard.press("j")
        queue.keyboard.press("j")
        queue.focus("#t-b .btn")
        queue.click("#more summary")
        queue.focus("#t-b .btn")
        queue.evaluate("document.querySelector('#t-b .btn').marked = true")
        kitchen_app.rows.insert(0, "z")
        live.publish(redis, "unit:12")
        queue.wait_for_selector("#t-z")
        assert queue.locator(".job.sel").get_attribute("id") == "t-b"
        assert queue.evaluate("document.activeElement.marked") is True
        assert queue.evaluate("document.getElementById('more').open") is True

    def test_when_the_selected_row_is_done_the_next_one_is_selected(self, queue, kitchen_app, redis):
        queue.keyboard.press("j")
        queue.keyboard.press("j")
        kitchen_app.rows.remove("b")
        live.publish(redis, "unit:12")
        queue.wait_for_selector("#t-b", state="detached")
        queue.wait_for_selector("#t-c.sel")
        assert queue.evaluate("document.activeElement.closest('.job').id") == "t-c"

    def test_a_form_opened_while_the_list_is_on_its_way_stays_open(self, queue, kitchen_app, redis):
        queue.evaluate(
            "document.getElementById('queue').insertAdjacentHTML('beforeend', '<dialog id=ask><form method=dialog><input></form></dialog>')"
        )
        held = []
        queue.route("**/queue", lambda route: route.continue_() if held else held.append(route))
        kitchen_app.rows.append("d")
        with queue.expect_request("**/queue"):
            live.publish(redis, "unit:12")
        queue.evaluate("document.getElementById('ask').showModal()")
        with queue.expect_event("requestfinished", lambda asked: asked.url.endswith("/queue")):
            held[0].continue_()
        queue.fill("#ask input", "写了一半")
        assert queue.locator("#t-d").count() == 0
        queue.keyboard.press("Escape")
        queue.wait_for_selector("#t-d")

    def test_other_topics_do_not_disturb(self, queue, kitchen_app, redis):
        kitchen_app.rows.append("d")
        live.publish(redis, "unit:99")
        queue.wait_for_timeout(2200)
        assert queue.locator("#t-d").count() == 0

    def test_while_redis_is_away_the_dot_says_so_and_the_list_still_comes(self, open_page, serve, kitchen_app, redis):
        redis.away = True
        page = open_page(serve(kitchen_app) + "/queue")
        page.wait_for_selector("[data-live-dot].off")
        assert "没连上" in page.inner_text("[data-live-dot]")
        redis.away = False
        kitchen_app.rows.append("d")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_selector("#t-d")
        page.wait_for_selector("[data-live-dot]:not(.off)")

    def test_a_list_that_does_not_arrive_says_what_is_safe_and_comes_back(self, queue, kitchen_app, redis):
        kitchen_app.broken = True
        live.publish(redis, "unit:12")
        queue.wait_for_selector("#failed")
        assert "您刚写的都在" in queue.inner_text("#failed")
        assert queue.locator("#t-a").count() == 1
        kitchen_app.broken = False
        queue.click("#failed button")
        queue.wait_for_selector("#failed", state="detached")
