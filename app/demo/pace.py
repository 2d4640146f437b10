"""When things happen in the demo city: office hours, human delays, never later than the present."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from app.clock import local

OPENS, CLOSES = 9, 17


@dataclass
class Pace:
    """Seeded delays before `present` (aware UTC): whatever a life wants to do next is squeezed in before it."""

    rng: Random
    present: datetime

    def minutes(self, at: datetime, low: float, high: float) -> datetime:
        """Between `low` and `high` minutes after `at`, at any hour."""
        return self._before_present(at, at + timedelta(minutes=self.rng.uniform(low, high)))

    def office(self, at: datetime, low_hours: float, high_hours: float) -> datetime:
        """Between so many hours after `at`, moved into the next office hours of a weekday."""
        wanted = at + timedelta(hours=self.rng.uniform(low_hours, high_hours))
        here = local(wanted)
        if here.hour >= CLOSES:
            here = (here + timedelta(days=1)).replace(hour=OPENS, minute=0)
        elif here.hour < OPENS:
            here = here.replace(hour=OPENS, minute=0)
        else:
            return self._before_present(at, self._weekday(here))
        return self._before_present(at, self._weekday(here) + timedelta(minutes=self.rng.uniform(2, 150)))

    def ago(self, low_days: float, high_days: float) -> datetime:
        """A moment so many days before the present when people call: more by day than by night."""
        day = local(self.present - timedelta(days=self.rng.uniform(low_days, high_days)))
        hour = self.rng.choices(range(24), weights=[1, 1, 0, 0, 0, 1, 3, 7, 12, 14, 13, 10, 7, 8, 11, 11, 10, 9, 8, 8, 7, 5, 3, 2])[0]
        moment = day.replace(hour=hour, minute=self.rng.randrange(60), second=self.rng.randrange(60))
        return moment if moment < self.present - timedelta(days=low_days / 2) else moment - timedelta(days=1)

    @staticmethod
    def _weekday(here: datetime) -> datetime:
        return here + timedelta(days={5: 2, 6: 1}.get(here.weekday(), 0))

    def _before_present(self, after: datetime, wanted: datetime) -> datetime:
        """`wanted`, or when that is still to come, a point two thirds of the way from `after` to the present."""
        return wanted if wanted < self.present else after + (self.present - after) * 2 / 3
