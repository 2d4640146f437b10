"""Commands, one family a module, each with `register(app)`."""
