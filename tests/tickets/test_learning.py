"""What is learned from real messages sorts others as well as it was measured. No database."""

import gzip
import json
import os
import zlib

import pytest

from tests.app.with_imports import SHARED
from tickets import learning


@pytest.mark.skipif(
    not (SHARED.exists() and os.environ.get("WHOLE")),
    reason="WHOLE=1 with ../shared/data beside the repository learns 7,202 real messages (a minute)",
)
def test_real_messages_are_sorted_as_well_as_measured(tmp_path):
    """Near copies (dup_group) on one side: at least 0.90 right, 0.99 within three."""
    with gzip.open(SHARED, "rt", encoding="utf-8") as file:
        messages = [json.loads(line) for line in file]
    rows = [
        (f"{one['title'] or ''}。{one['content'] or ''}", one["label"], zlib.crc32(one["dup_group"].encode()) % 5 == 0) for one in messages
    ]
    learning.learn([row[:2] for row in rows if not row[2]], tmp_path / "real.model", lambda: None)
    found = learning.measure(learning.Learned(tmp_path / "real.model"), [row[:2] for row in rows if row[2]])
    assert found.right / found.of > 0.90
    assert found.in_three / found.of > 0.99
