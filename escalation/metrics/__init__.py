"""Metrics of domain §10: facts of each ticket, their daily sums, frozen months, ranking. How they look is app/reports'."""
