"""The pages a browser loads: the loader, the widget, the full page and their assets, under a strict policy."""

from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from relay_server.config import AppSection

WEB = Path(__file__).parents[1] / "web"
COMMON = {
    "Cache-Control": "no-cache",  # nothing carries a version in its name; an ETag makes asking again cheap
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

UNKNOWN_APP = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>无法打开咨询窗口</title>
<p>咨询窗口的应用标识不正确。请网站管理员核对网页中 data-app 的值。</p></html>"""


def routes(apps: Mapping[str, AppSection], own_origins: Callable[[], list[str]], web: Path = WEB) -> list[Route]:
    """Return the routes of all pages. `own_origins` are this relay's own, for links back to it."""
    static = StaticFiles(directory=web, check_dir=False)
    assets = StaticFiles(directory=web / "assets", check_dir=False)  # a folder of its own: pages need their policy

    async def loader(request: Request) -> Response:
        """Serve the one script a site includes; it runs on that site's page, so other origins may load it."""
        response = await static.get_response("w.js", request.scope)
        return _with(response, {"Cross-Origin-Resource-Policy": "cross-origin"})

    async def asset(request: Request) -> Response:
        response = await assets.get_response(request.path_params["path"], request.scope)
        return _with(response, {"Cross-Origin-Resource-Policy": "same-origin"})

    async def widget(request: Request) -> Response:
        app = apps.get(request.query_params.get("app", ""))
        return await _page(request, "widget.html", app, app.origins if app else [])

    async def chat(request: Request) -> Response:
        return await _page(request, "chat.html", apps.get(request.query_params.get("app", "")), [])

    async def _page(request: Request, name: str, app: AppSection | None, framed_by: list[str]) -> Response:
        policy = {"Content-Security-Policy": content_policy(own_origins(), framed_by)}
        if app is None:
            return _with(HTMLResponse(UNKNOWN_APP, status_code=404), policy)
        return _with(await static.get_response(name, request.scope), policy)

    return [
        Route("/w.js", loader),
        Route("/widget", widget),
        Route("/chat", chat),
        Route("/assets/{path:path}", asset),
    ]


def content_policy(own_origins: list[str], framed_by: list[str]) -> str:
    """Return the Content-Security-Policy of a page that only `framed_by` may frame."""
    # A policy cannot name an IPv6 address (CSP3, host-source); 'self' covers such a page.
    links = " ".join("ws" + origin.removeprefix("http") for origin in own_origins if "[" not in origin)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "media-src 'self' blob:",
            "font-src 'self'",
            f"connect-src 'self' {links}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors " + (" ".join(framed_by) or "'none'"),
        )
    )


def _with(response: Response, headers: Mapping[str, str]) -> Response:
    for name, value in {**COMMON, **headers}.items():
        response.headers[name] = value
    return response
