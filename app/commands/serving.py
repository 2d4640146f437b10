"""How the web is served: gunicorn's command line, one for `web` and `up`. Starts nothing, imports nothing of the application."""

import sys

WORKERS, THREADS = 2, 8
LOGGER = "app.commands.access_log.Masked"
LINE = (
    '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(D)s'  # without the query: people search by telephone number, keys of other systems stand there
)


def web_command(host: str, port: int, workers: int = WORKERS, threads: int = THREADS) -> tuple[str, ...]:
    """The application is loaded once, before the workers are forked: it connects to nothing before its first request."""
    return (
        *(sys.executable, "-m", "gunicorn", "wsgi:application", "--preload", "--bind", f"{host}:{port}"),
        *("--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads)),
        *("--graceful-timeout", "8", "--access-logfile", "-", "--access-logformat", LINE, "--logger-class", LOGGER, "--no-control-socket"),
    )
