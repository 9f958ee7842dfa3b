"""What an agent signed is what is asked, whoever carried it: every change on the way is refused."""

import base64
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relay_client.identity import Credentials, enrol, make_root
from relay_protocol.binding import (
    VERSION,
    Bound,
    Expected,
    SignedStatement,
    Statement,
    check,
    fingerprint_of,
    only_sha256,
    sign,
)
from relay_protocol.certificates import CertifiedAgent
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import Privilege

NOW = 1_800_000_000.0
HELPER, AGENT, STRANGER = (":".join([pair] * 32) for pair in ("A1", "B2", "C3"))
LI = CertifiedAgent("8001", "李敏", "国家税务总局南昌市西湖区税务局")
EXPECTED = Expected("01ASSIST", "bm9uY2U=", HELPER, AGENT, 1)
STATEMENT = Statement(
    version=VERSION,
    session="01ASSIST",
    nonce="bm9uY2U=",
    helper_fingerprint=HELPER,
    agent_fingerprint=AGENT,
    scope=[Privilege.VIEW],
    expires=NOW + 120,
    ask=1,
)


class Bureau:
    """A root with one agent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = x509.load_pem_x509_certificate(make_root(folder, "测试根", NOW - 60).read_bytes())
        self.li = enrol(folder, LI, NOW - 60)

    def check(self, signed: SignedStatement, expected: Expected = EXPECTED, now: float = NOW) -> Bound:
        return check(signed, expected, self.root, now)


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    return Bureau(tmp_path_factory.mktemp("bureau") / "root")


def signed_by(credentials: Credentials, **changes: object) -> SignedStatement:
    return sign(msgspec.structs.replace(STATEMENT, **changes), credentials.key, credentials.certificates)


def refused(bureau: Bureau, signed: SignedStatement, expected: Expected = EXPECTED, now: float = NOW) -> str:
    with pytest.raises(BanwenError) as caught:
        bureau.check(signed, expected, now)
    assert caught.value.code is ErrorCode.UNBOUND
    return str(caught.value.detail)


def changed(signed: SignedStatement, part: str, text: str) -> SignedStatement:
    return replace(signed, **{part: text})  # type: ignore[arg-type]


@pytest.mark.req("A23")
def test_an_honest_statement_says_who_asks_for_what(bureau: Bureau) -> None:
    bound = bureau.check(signed_by(bureau.li))
    assert (bound.agent, bound.scope, bound.ask) == (LI, frozenset({Privilege.VIEW}), 1)


@pytest.mark.req("A23")
@pytest.mark.parametrize(
    "changes",
    [
        {"version": 0},
        {"version": VERSION + 1},
        {"session": "01OTHER"},
        {"nonce": "YW5vdGhlcg=="},
        {"helper_fingerprint": STRANGER},
        {"agent_fingerprint": STRANGER},
        {"helper_fingerprint": AGENT, "agent_fingerprint": HELPER},
        {"ask": 0},
        {"ask": 2},
        {"scope": []},
        {"scope": [Privilege.CONTROL]},
        {"expires": NOW - 301},
        {"expires": NOW + 10_000},
        {"expires": float("nan")},
    ],
    ids=str,
)
def test_a_statement_about_anything_else_is_refused(bureau: Bureau, changes: dict[str, object]) -> None:
    refused(bureau, signed_by(bureau.li, **changes))


@pytest.mark.parametrize("field", ["session", "nonce", "helper_fingerprint", "agent_fingerprint"])
def test_a_statement_of_another_assistance_cannot_be_played_again(bureau: Bureau, field: str) -> None:
    refused(bureau, signed_by(bureau.li), replace(EXPECTED, **{field: "something else"}))  # type: ignore[arg-type]


def test_an_earlier_ask_cannot_be_played_again(bureau: Bureau) -> None:
    refused(bureau, signed_by(bureau.li), replace(EXPECTED, ask=2))


def test_a_scope_widened_on_the_way_breaks_the_signature(bureau: Bureau) -> None:
    honest = signed_by(bureau.li)
    wider = msgspec.json.encode(msgspec.structs.replace(STATEMENT, scope=[Privilege.VIEW, Privilege.CONTROL]))
    assert "signature" in refused(bureau, replace(honest, statement=base64.b64encode(wider).decode()))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), flip=st.integers(1, 255), part=st.sampled_from(["statement", "signature"]))
def test_any_changed_byte_is_refused(bureau: Bureau, place: int, flip: int, part: str) -> None:
    honest = signed_by(bureau.li)
    data = bytearray(base64.b64decode(getattr(honest, part)))
    data[place % len(data)] ^= flip
    refused(bureau, changed(honest, part, base64.b64encode(bytes(data)).decode()))


@given(text=st.text(max_size=60))
def test_garbage_is_refused_with_a_typed_error(bureau: Bureau, text: str) -> None:
    honest = signed_by(bureau.li)
    for part in ("statement", "signature"):
        refused(bureau, changed(honest, part, text))
    refused(bureau, replace(honest, certificates=(text,)))


def test_another_encoding_of_the_same_statement_is_refused(bureau: Bureau) -> None:
    data = msgspec.json.format(msgspec.json.encode(STATEMENT))
    from relay_protocol.binding import CONTEXT

    loose = SignedStatement(
        base64.b64encode(data).decode(),
        base64.b64encode(bureau.li.key.sign(CONTEXT + data)).decode(),
        bureau.li.certificates,
    )
    assert "canonical" in refused(bureau, loose)


def test_a_key_without_its_certificate_is_refused(bureau: Bureau) -> None:
    stranger = Credentials(Ed25519PrivateKey.generate(), bureau.li.certificates)
    assert "signature" in refused(bureau, signed_by(stranger))


def test_an_agent_of_another_root_is_refused(bureau: Bureau, tmp_path: Path) -> None:
    other = Bureau(tmp_path / "other")
    refused(bureau, signed_by(other.li))
    refused(bureau, signed_by(replace(other.li, certificates=(*other.li.certificates, *bureau.li.certificates))))


def test_an_agent_cannot_certify_another(bureau: Bureau, tmp_path: Path) -> None:
    forged = _issued_by(bureau.li)
    assert "issue" in refused(bureau, signed_by(forged))


@pytest.mark.parametrize(("after_days", "fails"), [(0.0, False), (29.0, False), (31.0, True), (-1.0, True)])
def test_a_certificate_counts_for_thirty_days(bureau: Bureau, after_days: float, fails: bool) -> None:
    now = NOW + after_days * 86400
    signed = signed_by(bureau.li, expires=now + 60)
    if fails:
        assert "valid" in refused(bureau, signed, now=now)
    else:
        assert bureau.check(signed, now=now).agent == LI


@pytest.mark.parametrize("certificates", [(), ("x",) * 4])
def test_no_chain_and_an_endless_chain_are_refused(bureau: Bureau, certificates: tuple[str, ...]) -> None:
    assert "chain" in refused(bureau, replace(signed_by(bureau.li), certificates=certificates))


def test_the_root_itself_is_no_agent(bureau: Bureau) -> None:
    pem = (bureau.folder / "root.pem").read_text()
    refused(bureau, replace(signed_by(bureau.li), certificates=(pem,)))


SDP = "v=0\r\na=fingerprint:sha-256 {0}\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"


def test_the_one_fingerprint_of_an_sdp_is_found() -> None:
    assert fingerprint_of(SDP.format(HELPER.lower())) == HELPER
    assert fingerprint_of(SDP.format(HELPER) + f"a=fingerprint:SHA-256 {HELPER}\r\n") == HELPER


@pytest.mark.req("A23")
@pytest.mark.parametrize(
    "sdp",
    [
        "",
        "v=0\r\n",
        SDP.format("not a fingerprint"),
        SDP.format("AA:BB"),
        SDP.format(HELPER) + f"a=fingerprint:sha-256 {AGENT}\r\n",
        SDP.format(HELPER) + "a=fingerprint:sha-512 AA:BB\r\n",
        SDP.format(HELPER) + "a=fingerprint:md5 AA\r\n",
        SDP.format(HELPER) + "a=fingerprint:\r\n",
        SDP.format(HELPER).replace("sha-256", "sha-1"),
    ],
)
def test_an_sdp_without_exactly_one_sha_256_fingerprint_is_refused(sdp: str) -> None:
    with pytest.raises(BanwenError) as caught:
        fingerprint_of(sdp)
    assert caught.value.code is ErrorCode.UNBOUND


def test_our_own_sdp_keeps_only_its_sha_256_fingerprint() -> None:
    sdp = SDP.format(HELPER) + "a=fingerprint:sha-512 AA:BB\r\na=setup:actpass\r\n"
    assert only_sha256(sdp) == SDP.format(HELPER) + "a=setup:actpass\r\n"


def _issued_by(issuer: Credentials) -> Credentials:
    """Credentials that an agent made for somebody else."""
    template = x509.load_pem_x509_certificate(issuer.certificates[0].encode())
    key = Ed25519PrivateKey.generate()
    builder = (
        x509.CertificateBuilder()
        .subject_name(template.subject)
        .issuer_name(template.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(template.not_valid_before_utc)
        .not_valid_after(template.not_valid_after_utc)
    )
    for extension in template.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = builder.sign(issuer.key, None).public_bytes(Encoding.PEM).decode()
    return Credentials(key, (pem, *issuer.certificates))
