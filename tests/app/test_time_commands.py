"""`due` and `calendar` from the outside: JSON out, plain words and exit code 2 for what cannot be used."""

import json

import pytest


@pytest.fixture
def run(app):
    def call(*words, given=None):
        return app.test_cli_runner().invoke(args=words, input=given)

    return call


def test_due_prints_the_date_and_why(run):
    answer = json.loads(run("due", "general-reply", "--from", "2024-09-27T16:00:00+08:00", "--extend", "10").stdout)
    assert {key: answer[key] for key in ("code", "from", "due", "provisional")} == {
        "code": "general-reply",
        "from": "2024-09-27T16:00:00+08:00",
        "due": "2024-10-24T00:00:00+08:00",
        "provisional": False,
    }
    assert [row["day"][5:] for row in answer["trace"] if row["counts"]][:5] == ["09-29", "09-30", "10-08", "10-09", "10-10"]


def test_due_with_pauses_and_a_profile(run):
    paused = run("due", "petition-simple", "--from", "2024-11-04T09:00", "--pause", "2024-11-06T10:00/2024-11-11T15:00")
    assert json.loads(paused.stdout)["due"] == "2024-11-22T00:00:00+08:00"
    assert (
        json.loads(run("due", "general-reply", "--from", "2024-11-04T09:00", "--profile", "beijing").stdout)["due"]
        == "2024-11-12T00:00:00+08:00"
    )


def test_a_batch_answers_line_by_line(run, tmp_path):
    asked = [
        {"code": "sign", "from": "2024-10-01T23:50:00+08:00"},
        {
            "code": "mediation",
            "from": "2026-11-22T10:00:00+08:00",
            "pauses": [["2026-11-24T10:00:00+08:00", "2026-11-25T10:00:00+08:00"]],
            "extend": 0,
        },
    ]
    file = tmp_path / "b.jsonl"
    file.write_text("\n".join(map(json.dumps, asked)) + "\n")
    answers = [json.loads(line) for line in run("due", "--batch", str(file)).stdout.splitlines()]
    assert answers == [
        {"code": "sign", "from": "2024-10-01T23:50:00+08:00", "due": "2024-10-02T00:20:00+08:00", "provisional": False},
        {"code": "mediation", "from": "2026-11-22T10:00:00+08:00", "due": answers[1]["due"], "provisional": True},
    ]


def test_a_bad_line_of_a_batch_is_named_and_the_others_answered(run):
    done = run(
        "due", "--batch", "-", given='{"code":"sign","from":"2024-10-01T23:50"}\nnonsense\n{"code":"sign"}\n{"code":"sign","from":7}\n'
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("line") for line in lines] == [None, 2, 3, 4]
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["due", "nope", "--from", "2024-09-27T16:00"], "没有期限 nope"),
        (["due", "sign", "--from", "yesterday"], "not an ISO instant"),
        (["due", "sign"], "--from"),
        (["due", "sign", "--from", "2024-09-27T16:00", "--pause", "x"], "START/END"),
        (["due", "sign", "--from", "2024-09-27T16:00", "--pause", "2024-09-27T18:00/2024-09-27T17:00"], "早于"),
        (["due", "sign", "--from", "2024-09-27T16:00", "--extend", "-1"], "负数"),
        (["due", "mediation", "--from", "2028-12-20T00:00"], "2029-01-01"),
        (["due", "sign", "--from", "2024-09-27T16:00", "--profile", "atlantis"], "atlantis"),
        (["due", "--batch", "no-such-file"], "打不开"),
        (["calendar", "show", "1999"], "2004"),
    ],
)
def test_what_cannot_be_used_is_said_plainly(run, words, says):
    done = run(*words)
    assert (done.exit_code, says in done.output) == (2, True), done.output


def test_calendar_show_draws_the_year(run):
    shown = run("calendar", "show", "2026").output
    assert "248" in shown.splitlines()[0]
    assert "春节：休 02-15 02-16 02-17 02-18 02-19 02-20 02-21 02-22 02-23，班 02-14 02-28" in shown
    assert "暂定" in run("calendar", "show", "2027").output.splitlines()[0]


def test_calendar_import_refuses_an_unpublished_notice(run, tmp_path):
    file = tmp_path / "2027.json"
    file.write_text('{"year": 2027, "papers": [], "days": []}')
    done = run("calendar", "import", str(file))
    assert (done.exit_code, "还没公布" in done.output) == (2, True)


def test_calendar_import_of_what_is_known_changes_nothing(run, tmp_path):
    file = tmp_path / "days.csv"
    file.write_text(
        "date,is_workday,name\n2024-02-09,1,\n"
        + "".join(f"2024-02-{day},0,春节\n" for day in range(10, 18))
        + "2024-02-18,1,春节\n2024-02-04,1,春节\n"
    )
    done = run("calendar", "import", str(file))
    assert done.exit_code == 0, done.output
