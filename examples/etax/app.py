"""The sample site: three pages of business, a sign-in to play with, and two endpoints that sign for the widget."""

import html
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from string import Template
from typing import Any, Literal
from urllib.parse import parse_qs

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from examples.etax.people import DEFAULT, PEOPLE, Person
from examples.etax.tokens import Signer

HERE = Path(__file__).parent
COOKIE = "etax_session"
LONGEST_BODY = 16 * 1024


Period = Literal["quarter", "month"]


@dataclass(frozen=True)
class Business:
    """One page of business: what the relay is told about it. `period` says whether it is about a quarter or a month."""

    module: str
    page: str
    function: str
    form: str
    period: Period


BUSINESS = {
    "vat": Business(
        module="vat_filing",
        page="增值税及附加税费申报（小规模纳税人适用）",
        function="税费申报及缴纳",
        form="增值税及附加税费申报表（小规模纳税人适用）",
        period="quarter",
    ),
    "invoice": Business(
        module="invoice_issue", page="蓝字发票开具", function="发票业务", form="数电票开具", period="month"
    ),
    "social": Business(
        module="social_insurance",
        page="单位社会保险费申报缴纳",
        function="社保费缴纳",
        form="社会保险费缴费申报表",
        period="month",
    ),
}


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a page of ours reports; everything else about the place is known here."""

    page: str
    error: str = ""
    elements: dict[str, str] = {}


@dataclass(frozen=True)
class Site:
    """The site. `sessions` are the signed-in browsers: cookie value → person."""

    relay: str
    app: str
    signer: Signer
    sessions: dict[str, Person]

    async def page(self, request: Request) -> Response:
        """Show one page of business; a browser that comes for the first time is signed in as the sample enterprise."""
        name = request.path_params["name"]
        if name not in BUSINESS:
            return RedirectResponse("/vat")
        person = self._person(request)
        if person is None and COOKIE in request.cookies:
            return RedirectResponse("/signin")
        response = HTMLResponse(self._layout(name, BUSINESS[name].page, person or DEFAULT))
        if person is None:
            self._sign_in(response, DEFAULT)
        return response

    async def sign_in_page(self, request: Request) -> Response:
        """Show who one can be."""
        return HTMLResponse(self._layout("signin", "登录", None))

    async def sign_in(self, request: Request) -> Response:
        """Become somebody else."""
        wanted = parse_qs((await request.body()).decode("latin-1"), max_num_fields=4).get("person", [""])[0]
        response = RedirectResponse("/vat", 303)
        self._sign_in(response, PEOPLE.get(wanted, DEFAULT))
        return response

    async def sign_out(self, request: Request) -> Response:
        """Leave; the page that follows tells the widget to forget everything."""
        self.sessions.pop(request.cookies.get(COOKIE, ""), None)
        response = RedirectResponse("/signin", 303)
        response.set_cookie(COOKIE, "out", httponly=True, samesite="strict")
        return response

    async def identity(self, request: Request) -> Response:
        """Sign who is there."""
        person = self._person(request)
        if person is None:
            return JSONResponse({}, 401)
        return JSONResponse({"token": self.signer.identity(person)}, headers={"Cache-Control": "no-store"})

    async def context(self, request: Request) -> Response:
        """Sign where the person is."""
        person = self._person(request)
        if person is None:
            return JSONResponse({}, 401)
        try:
            place = msgspec.json.decode(await request.body(), type=Place)
            business = BUSINESS[place.page]
        except (msgspec.DecodeError, KeyError):
            return JSONResponse({}, 400)
        told: dict[str, Any] = {
            **asdict(business),
            "period": periods(_today())[business.period],
            "error": place.error,
            "elements": place.elements,
        }
        return JSONResponse({"token": self.signer.context(person, told)}, headers={"Cache-Control": "no-store"})

    def _person(self, request: Request) -> Person | None:
        return self.sessions.get(request.cookies.get(COOKIE, ""))

    def _sign_in(self, response: Response, person: Person) -> None:
        token = secrets.token_urlsafe(24)
        self.sessions[token] = person
        response.set_cookie(COOKIE, token, httponly=True, samesite="strict")

    def _layout(self, name: str, title: str, person: Person | None) -> str:
        facts = {
            "title": title,
            "name": name,
            "app": self.app,
            "relay": self.relay,
            "person": person.name if person else "未登录",
            "taxpayer": person.name if person else "",
            "tax_number": person.tax_number if person else "",
            "taxpayer_type": person.taxpayer_type if person else "",
            "role": person.role if person else "",
            "office": person.office if person else "",
            "signed_in": "yes" if person else "no",
            **periods(_today()),
        }
        safe = {key: html.escape(value) for key, value in facts.items()}
        content = Template(_read(f"{name}.html")).substitute(safe)
        return Template(_read("layout.html")).substitute(safe, content=content)


def periods(today: date) -> dict[str, str]:
    """Return the newest quarter and month that are over, as a filing names them."""
    quarters = today.year * 4 + (today.month - 1) // 3 - 1
    months = today.year * 12 + today.month - 2
    return {
        "quarter": f"{quarters // 4}年第{'一二三四'[quarters % 4]}季度",
        "month": f"{months // 12}年{months % 12 + 1}月",
    }


def create(relay: str, app: str, signer: Signer) -> Starlette:
    """Return the site. `relay` is the relay's origin, `app` the name the relay knows the site by."""
    site = Site(relay.rstrip("/"), app, signer, {})

    async def protect(request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Only our own pages may post here; only the relay's script and window may be embedded."""
        if request.method == "POST" and not _from_here(request):
            return JSONResponse({}, 403)
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = _policy(site.relay)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse("/vat")),
            Route("/signin", site.sign_in_page),
            Route("/signin", site.sign_in, methods=["POST"]),
            Route("/signout", site.sign_out, methods=["POST"]),
            Route("/api/identity", site.identity, methods=["POST"]),
            Route("/api/context", site.context, methods=["POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Route("/{name}", site.page),
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=protect)],
    )


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _from_here(request: Request) -> bool:
    length = request.headers.get("content-length", "0")
    here = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return request.headers.get("origin") == here and length.isdigit() and int(length) <= LONGEST_BODY


def _policy(relay: str) -> str:
    return (
        f"default-src 'self'; script-src 'self' {relay}; frame-src {relay}; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _read(name: str) -> str:
    return (HERE / "pages" / name).read_text(encoding="utf-8")
