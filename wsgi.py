"""The WSGI entry: gunicorn's `wsgi:application`, flask's `--app wsgi`."""

import sys

from app import create_app

sys.setswitchinterval(0.0005)  # a thread back from the database would else wait 5 ms for each of its dozen turns

application = app = create_app()
