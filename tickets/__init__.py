"""The matter itself: what the law would need on paper, without deadlines. Knows neither clocks nor messages; it records events."""
