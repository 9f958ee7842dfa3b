"""The sample e-tax site: signed identity, signed place, one script tag, signatures for its own pages only."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from examples.etax.__main__ import main
from examples.etax.app import create
from examples.etax.tokens import Signer, read_key
from relay_protocol.messages import MessagePosted, SendContext, Text
from tests.web.peer import Peer
from tests.web.servers import serving
from tests.web.town import widget

FORGOTTEN = """() => new Promise((done) => {
  const keys = () => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]
  const left = () => keys().some((key) => /:(session|open)$/.test(key))
  const look = () => (left() ? setTimeout(look, 20) : done())
  look()
})"""


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    """The site's key file and its public half, made by its own command."""
    made = CliRunner().invoke(main, ["make-key", str(tmp_path / "etax.key")])
    assert made.exit_code == 0
    return tmp_path / "etax.key", made.output


@pytest.fixture
def site(peer: Peer, key: tuple[Path, str]) -> Iterator[str]:
    """The sample site, embedding the scripted relay's widget."""
    with (
        serving(peer.app()) as relay,
        serving(create(relay, "etax-demo", Signer(read_key(key[0]), "etax-demo"))) as site,
    ):
        peer.origins.append(site)
        yield site


def claims(token: str, public: str) -> dict[str, object]:
    """Check a token as the relay would and return what it says."""
    verified: dict[str, object] = jwt.decode(token, public, algorithms=["EdDSA"], audience="banwen", issuer="etax-demo")
    return verified


@pytest.mark.req("G6", "I2")
def test_one_click_brings_identity_and_place_along_and_an_error_follows(
    page: Page, site: str, peer: Peer, key: tuple[Path, str]
) -> None:
    peer.greeting = lambda card: [Text(text=f"{card.name}，您好！")]
    page.goto(f"{site}/vat")
    page.get_by_role("button", name="在线咨询").click()
    expect(widget(page).get_by_text("江西示例商贸有限公司，您好！")).to_be_visible()
    place = claims(peer.wait_for(SendContext).token, key[1])
    assert place["ctx"] == {
        **dict(place["ctx"]),  # type: ignore[call-overload]
        "module": "vat_filing",
        "page": "增值税及附加税费申报（小规模纳税人适用）",
        "error": "",
    }
    expect(widget(page).get_by_text("增值税及附加税费申报（小规模纳税人适用）").first).to_be_visible()
    page.get_by_label("增值税专用发票不含税销售额").fill("1")
    page.get_by_role("button", name="提交申报").click()
    expect(page.get_by_role("alert").get_by_text("SB2031 申报比对不通过")).to_be_visible()
    peer.wait_until(lambda: "SB2031" in str(claims(peer.all_of(SendContext)[-1].token, key[1])["ctx"]))


@pytest.mark.req("I2")
def test_going_to_another_page_keeps_the_chat_and_tells_the_new_place(
    page: Page, site: str, peer: Peer, key: tuple[Path, str]
) -> None:
    peer.greeting = lambda _: [Text(text="您好")]
    page.goto(f"{site}/vat")
    page.get_by_role("button", name="在线咨询").click()
    expect(widget(page).get_by_text("您好")).to_be_visible()
    page.get_by_role("link", name="社保费缴纳").click()
    expect(widget(page).get_by_text("您好")).to_be_visible()
    expect(widget(page).get_by_text("单位社会保险费申报缴纳").first).to_be_visible()
    module = claims(peer.all_of(SendContext)[-1].token, key[1])["ctx"]
    assert isinstance(module, dict)
    assert module["module"] == "social_insurance"
    assert len(peer.owners) == 1


@pytest.mark.req("C1")
def test_another_person_at_the_same_computer_never_sees_the_first_ones_words(page: Page, site: str, peer: Peer) -> None:
    peer.greeting = lambda card: [Text(text=f"{card.name}，您好！")]
    page.goto(f"{site}/vat")
    page.get_by_role("button", name="在线咨询").click()
    expect(widget(page).get_by_text("江西示例商贸有限公司，您好！")).to_be_visible()
    page.get_by_role("button", name="退出登录").click()
    widget(page).locator("html").evaluate(FORGOTTEN)  # nobody signs in faster than the page forgets
    expect(page.get_by_role("button", name="在线咨询")).to_be_visible()  # and it does not open itself again
    page.get_by_role("button", name="江西示例制造有限公司").click()
    page.get_by_role("button", name="在线咨询").click()
    expect(widget(page).get_by_text("江西示例制造有限公司，您好！")).to_be_visible()
    expect(widget(page).get_by_text("江西示例商贸有限公司，您好！")).to_have_count(0)
    said = [f for log in peer.logs.values() for f in log if isinstance(f.event, MessagePosted)]
    assert len(said) == 2


def test_only_the_sites_own_pages_get_signatures(site: str) -> None:
    with httpx.Client(base_url=site) as client:
        client.get("/vat")
        assert client.post("/api/identity").status_code == 403
        assert client.post("/api/identity", headers={"Origin": "https://elsewhere.test"}).status_code == 403
        assert client.post("/api/identity", headers={"Origin": site}).status_code == 200
        unknown = client.post("/api/context", headers={"Origin": site}, json={"page": "vat", "module": "forged"})
        assert unknown.status_code == 400
    with httpx.Client(base_url=site) as stranger:
        assert stranger.post("/api/identity", headers={"Origin": site}).status_code == 401


def test_every_page_works_by_itself(page: Page, site: str) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{site}/vat")
    page.get_by_role("button", name="提交申报").click()
    expect(page.get_by_text("申报成功")).to_be_visible()
    page.goto(f"{site}/invoice")
    page.get_by_label("单价").fill("99999")
    page.get_by_role("button", name="开具发票").click()
    expect(page.get_by_text("KP4203 可用发票额度不足")).to_be_visible()
    page.goto(f"{site}/social")
    page.get_by_label("缴费账户").select_option(label="请选择已签约的账户")
    page.get_by_role("button", name="申报并缴费").click()
    expect(page.get_by_text("SF5102 三方协议扣款失败")).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 640})
    for name in ("vat", "invoice", "social", "signin"):
        page.goto(f"{site}/{name}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
    assert problems == []


@pytest.mark.req("C1")
def test_a_session_kept_in_the_browser_is_not_used_before_the_site_names_the_person_again(
    page: Page, site: str, peer: Peer
) -> None:
    """A site that forgets to say `shutdown`: the next person signs in, or nobody does."""
    peer.greeting = lambda card: [Text(text=f"{card.name}，您好！")]
    page.goto(f"{site}/vat")
    page.get_by_role("button", name="在线咨询").click()
    expect(widget(page).get_by_text("江西示例商贸有限公司，您好！")).to_be_visible()
    page.route("**/static/site.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.reload()
    expect(widget(page).get_by_text("未验证用户，您好！")).to_be_visible(timeout=15_000)
    expect(widget(page).get_by_text("江西示例商贸有限公司，您好！")).to_have_count(0)
    page.unroute("**/static/site.js")
    page.reload()
    expect(widget(page).get_by_text("江西示例商贸有限公司，您好！")).to_be_visible()
