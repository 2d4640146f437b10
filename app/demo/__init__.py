"""The demo city 临海市: words and people in data/, loaders beside them. Everything is invented; tickets are made by the real verbs only."""
