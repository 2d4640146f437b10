"""What every answer says to the browser: nothing from elsewhere (but the map's tiles where they are set), nothing inline, no frame around us, no address told to others."""

from flask import Flask, Response, g, request

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; "
    "form-action 'self'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(self), payment=()",
}
YEAR = 365 * 86400
PRIVATE = ("/t/", "/rate/", "/file", "/sign-in", "/account")


def init_app(app: Flask) -> None:
    """Set the headers on every answer; a view that needs another policy sets its own first."""
    https = app.config["SETTINGS"].public_url.startswith("https://")

    @app.after_request
    def harden(answer: Response) -> Response:
        policy = g.get("policy", POLICY)
        if tiles := g.get("images_from"):  # a page with the city's map, and tiles are set
            policy = policy.replace("img-src 'self'", f"img-src 'self' {tiles}")
        answer.headers.setdefault("Content-Security-Policy", policy)
        for name, value in ALWAYS.items():
            answer.headers.setdefault(name, value)
        if https:
            answer.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}; includeSubDomains")
        if g.get("actor") is not None or request.path.startswith(PRIVATE):
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer
