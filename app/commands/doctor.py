"""`doctor`: what is wrong with this installation and how to mend it, a line each. What is looked at stands in findings.py.

Works without the application, so that it can speak when the application cannot start.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict

import click

from app import embedded
from app.commands import findings
from app.commands.findings import Finding
from app.config import BadSettings, Settings


@click.command(help="检查这套系统哪里不对、怎么修；有 ✗ 时退出码为 1 (what is wrong here and how to mend it)")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON (print JSON)")
def doctor(as_json: bool) -> None:
    """Print a line for each check; exit 1 when one is not ok."""
    found = []
    for finding in examine():
        found.append(finding)
        if not as_json:
            click.echo(_line(finding))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=1))
    if not all(finding.ok for finding in found):
        sys.exit(1)


def register(app) -> None:  # type: ignore[no-untyped-def] # flask is not imported here
    """Give the application its `doctor` command."""
    app.cli.add_command(doctor)


def examine() -> Iterator[Finding]:
    """Every finding, in the order in which one would mend them."""
    yield findings.python()
    yield findings.packages()
    yield findings.disk(embedded.home_of())
    try:
        os.environ.update(embedded.ensure())
        settings = Settings.from_environment()
    except (embedded.Trouble, BadSettings) as trouble:
        yield Finding("settings", False, str(trouble), "改好后再运行 doctor (mend this and run doctor again)")
        return
    yield from (finding for finding in findings.on_settings(settings) if finding)


def _line(finding: Finding) -> str:
    mark = click.style("✓", fg="green") if finding.ok else click.style("✗", fg="red")
    return f"{mark} {finding.says}" + ("" if finding.ok else f"\n    → {finding.mend}")


if __name__ == "__main__":
    doctor()
