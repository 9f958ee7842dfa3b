"""Taxpayers' sessions and the context their site signs, on a real database."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import Assurance, BusinessContext, Office
from relay_server.services import taxpayers
from relay_server.services.taxpayers import App, Module, TaxpayerSession
from relay_server.store.base import Store

NOW = 1_800_000_000.0
KEY = Ed25519PrivateKey.generate()
OFFICES = {"360103": Office(code="360103", name="西湖区税务局")}
MODULES = {"vat_filing": Module(frozenset({"sales"}), frozenset({"bank"}))}


@dataclass
class Site:
    """An e-tax site and the people who come from it."""

    store: Store
    anonymous: bool = True
    numbers: Any = field(default_factory=count)

    @property
    def app(self) -> App:
        return App("etax", "电子税务局", "etax", KEY.public_key(), self.anonymous)

    def token(self, subject: str, **claims: Any) -> str:
        usual = {"iss": "etax", "aud": "banwen", "sub": subject, "iat": NOW, "exp": NOW + 100, "jti": uuid4().hex}
        return jwt.encode({**usual, **claims}, KEY, algorithm="EdDSA")

    async def visit(self, identity: str | None = None, token: str | None = None) -> TaxpayerSession:
        return await taxpayers.open_session(
            self.store, {"etax": self.app}, OFFICES, "etax", identity, token, 3600.0, self.new_id, NOW
        )

    def new_id(self) -> str:
        return f"T{next(self.numbers)}"

    async def context(self, subject: str, token: str, now: float = NOW) -> BusinessContext:
        script = taxpayers.accept_context(self.app, MODULES, subject, token, now)
        return await self.store.transact(script)


@pytest.fixture
def site(store: Store) -> Site:
    return Site(store)


async def test_a_verified_person_has_a_masked_number_and_an_office(site: Site) -> None:
    token = site.token("u1", name="张三", tax_number="91360103MA35ABCD12", role="财务", org="360103")
    card = (await site.visit(token)).taxpayer
    assert card.assurance is Assurance.VERIFIED
    assert (card.name, card.role, card.office) == ("张三", "财务", OFFICES["360103"])
    assert card.tax_number == "9136**********CD12"


async def test_the_same_token_serves_all_windows_of_a_browser(site: Site) -> None:
    first = await site.visit()
    assert (await site.visit(token=first.token)).token == first.token


async def test_a_site_may_insist_on_an_identity(store: Store) -> None:
    site = Site(store, anonymous=False)
    with pytest.raises(BanwenError) as caught:
        await site.visit()
    assert caught.value.code is ErrorCode.FORBIDDEN
    with pytest.raises(BanwenError):
        await site.visit(token="x" * 43)
    known = await site.visit(site.token("u1"))
    assert (await site.visit(token=known.token)).taxpayer == known.taxpayer


async def test_who_forgets_this_browser_is_a_stranger_to_it(site: Site) -> None:
    session = await site.visit(site.token("u1"))
    await taxpayers.sign_out(site.store, session.token)
    with pytest.raises(BanwenError) as caught:
        await taxpayers.taxpayer_of(site.store, session.token, NOW)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED


@pytest.mark.req("I2")
async def test_a_context_is_believed_filtered_and_masked(site: Site) -> None:
    ctx = {"module": "vat_filing", "page": "主表", "elements": {"sales": "1", "bank": "6222020200112233", "x": "y"}}
    context = await site.context("u1", site.token("u1", ctx=ctx))
    assert context.verified
    assert context.elements == {"sales": "1", "bank": "6222********2233"}


@pytest.mark.req("I2")
async def test_a_context_works_once_and_only_for_its_person(site: Site) -> None:
    token = site.token("u1", ctx={"module": "vat_filing", "page": "主表"})
    with pytest.raises(BanwenError) as caught:
        await site.context("u2", token)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED
    with pytest.raises(BanwenError):
        await site.context("", token)
    await site.context("u1", token)
    with pytest.raises(BanwenError) as caught:
        await site.context("u1", token)
    assert caught.value.code is ErrorCode.CONFLICT


@pytest.mark.req("I2")
async def test_a_module_nobody_listed_shows_no_elements(site: Site) -> None:
    ctx = {"module": "other", "page": "p", "elements": {"sales": "1"}}
    assert (await site.context("u1", site.token("u1", ctx=ctx))).elements == {}
