"""Every text that may be edited has a name, a sample for every hole, and passes its own check as it stands."""

import pytest

from app.web.admin.wordings import HOLES, NAMES
from notifiers import wordings
from notifiers.message import LANGUAGES, TO_PEOPLE
from notifiers.texts import line_of


@pytest.mark.parametrize("template", wordings.templates())
def test_it_can_be_shown_and_written_as_it_stands(template):
    assert template in NAMES
    for channel in TO_PEOPLE:
        assert wordings.allowed(template, channel) <= set(HOLES)
        for language in LANGUAGES:
            line = line_of(template, channel, language)
            wordings.check(template, channel, language, line)
            assert "{" not in wordings.sample(template, line, language).words
