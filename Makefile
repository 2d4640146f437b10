# Aliases for people whose fingers type make; manage.py does the work.
.PHONY: up test doctor check ci

up:
	python3 manage.py up

test:
	python3 manage.py test

doctor:
	python3 manage.py doctor

check:
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

ci:
	.ci/run
