"""The WSGI entry: gunicorn's `wsgi:application`, flask's `--app wsgi`."""

from app import create_app

application = app = create_app()
