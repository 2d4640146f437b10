"""The shell. Holds only `create_app`, so that the floor (config, db, clock, errors, vault) stays importable by every room."""


def create_app(settings=None):
    """Build the Flask application. `settings`: a `Settings`, else read once from the environment."""
    from app.factory import build  # noqa: PLC0415 -- the one deferred import of the house: the floor must not load the shell

    return build(settings)
