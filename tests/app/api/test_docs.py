"""The page that reads the API document: whole without a network, under the house's strict policy, for everybody."""

import pytest

from tests.browser import axe, overflow, shoot


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language"), [(1280, "zh"), (390, "en")])
def test_the_reader_is_whole_and_usable(open_page, serve, app, width, language):
    page = open_page(f"{serve(app)}/api/docs?lang={language}", width=width)
    page.click("summary:has-text('/api/v1/tickets/{number}/dispatches') >> nth=1")
    page.click("#shape-Ticket summary")
    shoot(page, f"api-docs-{width}-{language}")
    assert page.said_wrong == []
    assert axe(page) == []
    assert overflow(page) == 0


def test_every_call_stands_in_the_reader(app, caller):
    spec = caller().get("/openapi.json").get_json()
    page = app.test_client().get("/api/docs").get_data(as_text=True)
    assert [path for path in spec["paths"] if f"<code>{path}</code>" not in page] == []
