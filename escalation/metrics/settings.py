"""How figures are ranked, listed, frozen and published: data with defaults, changed by a new row, the old rows kept (domain §10, practice)."""

from dataclasses import asdict, dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Filled, Invalid
from escalation.metrics.models import MetricSetting
from escalation.metrics.table import BY_CODE, THREE_RATES
from tickets.actors import Actor

NAME = "reports"


@dataclass(frozen=True)
class ReportSettings:
    """`weights`: percent of the three rates in the composite. `tiers`: lower lines of 优秀 良好 一般, in percent. `ranking`, `red_black`,
    `negative`: shown or not. `freeze_day`: the day of the next month on which a month is frozen. `appeal_days`: calendar days the units have
    before a month is published. `fewest`: smaller cells are not published; `fewest_ranked`: who had fewer matters due is not ranked. `lines`: target lines in percent that differ from the table's.
    `indicators`: the categories (with all below them) an indicator of the enterprise dashboard counts (R04).
    """

    weights: dict[str, int] = field(default_factory=lambda: {"response": 30, "resolution": 35, "satisfaction": 35})
    tiers: tuple[int, ...] = (95, 85, 70)
    ranking: bool = True
    red_black: bool = True
    negative: bool = True
    freeze_day: int = 5
    appeal_days: int = 5
    fewest: int = 5
    fewest_ranked: int = 30
    lines: dict[str, int] = field(default_factory=dict)
    indicators: dict[str, list[str]] = field(
        default_factory=lambda: {
            "talent": ["labor.talent", "urban.housing.talent"],
            "landing": ["economy.business.policy", "economy.business.investment"],
            "projects": ["urban.estate.unfinished"],
        }
    )

    def __post_init__(self) -> None:
        """Raises Invalid naming the field."""
        if (
            set(self.weights) != set(THREE_RATES)
            or any(weight < 0 for weight in self.weights.values())
            or sum(self.weights.values()) != 100
        ):
            raise Invalid(weights="三个权重加起来要等于 100")
        if len(self.tiers) != 3 or list(self.tiers) != sorted(self.tiers, reverse=True) or not all(0 < line <= 100 for line in self.tiers):
            raise Invalid(tiers="三条线从高到低，都在 1 到 100 之间")
        for name, value, most in (
            ("freeze_day", self.freeze_day, 28),
            ("appeal_days", self.appeal_days, 60),
            ("fewest", self.fewest, 100),
            ("fewest_ranked", self.fewest_ranked, 1000),
        ):
            if not 1 <= value <= most:
                raise Invalid(**{name: Filled("请填 1 到 %(most)s", most=most)})
        if any(code not in BY_CODE or not 0 <= line <= 100 for code, line in self.lines.items()):
            raise Invalid(lines="目标线在 0 到 100 之间")

    def line_of(self, code: str) -> float | None:
        """The target line of a metric, 0–1; None where there is none."""
        return self.lines[code] / 100 if code in self.lines else BY_CODE[code].target


def settings_of(session: Session) -> ReportSettings:
    """What holds now."""
    row = session.scalar(sa.select(MetricSetting.value).where(MetricSetting.name == NAME).order_by(MetricSetting.id.desc()).limit(1))
    return ReportSettings(**(row | {"tiers": tuple(row["tiers"])})) if row else ReportSettings()


def change(session: Session, settings: ReportSettings, actor: Actor, now: datetime) -> None:
    """These hold from now on. Frozen months keep the figures they have."""
    session.add(MetricSetting(name=NAME, value=asdict(settings), at=now, by_name=actor.name))


def history(session: Session) -> list[MetricSetting]:
    """All that ever held, newest first."""
    return list(session.scalars(sa.select(MetricSetting).where(MetricSetting.name == NAME).order_by(MetricSetting.id.desc())))
