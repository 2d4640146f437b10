"""Time: the working-day calendar, limits, clocks and the ladder. Knows tickets, never a channel and never a request."""
