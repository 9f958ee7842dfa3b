"""Whose key signs: an agent's certificate, checked up to the root a helper was built with.

Certificates are X.509 (RFC 5280) with Ed25519 keys (RFC 8410). The chain is short and ours alone, so it is judged by
these rules and not by those of the web: the root and at most one issuing key below it, each allowed to issue; the
agent's own valid for 30 days at most and made for this purpose; its subject names badge number, name and office once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

ASSIST_SIGNING = x509.ObjectIdentifier("2.25.91969073163656076441114560548622600554")
"""Extended key usage of an agent's certificate; an arc of our own made from a UUID (ITU-T X.667)."""
LONGEST_DAYS = 30
MAX_CHAIN = 2
CLOCK_SKEW_SECONDS = 300.0


@dataclass(frozen=True)
class CertifiedAgent:
    """Who the certificate says is asking: badge number, name, office."""

    number: str
    name: str
    office: str


def certified_agent(pems: Sequence[str], root: x509.Certificate, now: float) -> tuple[x509.Certificate, CertifiedAgent]:
    """Follow the chain (PEM, the agent's first) up to the pinned root; return the agent's certificate and what it says.

    Raise ValueError when anything does not hold.
    """
    if not 1 <= len(pems) <= MAX_CHAIN:
        raise ValueError("chain of certificates is too long or empty")
    try:
        chain = [*(x509.load_pem_x509_certificate(pem.encode()) for pem in pems), root]
        for depth, (child, issuer) in enumerate(pairwise(chain)):
            _check_issuer(issuer, depth, now)
            child.verify_directly_issued_by(issuer)
        _check_leaf(chain[0], now)
        return chain[0], _subject(chain[0])
    except (TypeError, InvalidSignature, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise ValueError(f"certificate does not hold: {type(error).__name__} {error}") from error


def _check_validity(certificate: x509.Certificate, now: float) -> None:
    begin, end = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
    if not begin - CLOCK_SKEW_SECONDS <= now <= end + CLOCK_SKEW_SECONDS:
        raise ValueError("certificate is not valid now; is the clock right?")


def _check_issuer(certificate: x509.Certificate, below: int, now: float) -> None:
    """`below` issuing certificates stand between this one and the agent's."""
    _check_validity(certificate, now)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    too_deep = constraints.path_length is not None and below > constraints.path_length
    if not constraints.ca or not usage.key_cert_sign or too_deep:
        raise ValueError("certificate may not issue others")


def _check_leaf(certificate: x509.Certificate, now: float) -> None:
    _check_validity(certificate, now)
    days = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds() / 86400
    if days > LONGEST_DAYS:
        raise ValueError("certificate of the agent is valid for too long")
    if certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
        raise ValueError("certificate of the agent may not be an issuer's")
    if ASSIST_SIGNING not in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value:
        raise ValueError("certificate was issued for another purpose")


def _subject(certificate: x509.Certificate) -> CertifiedAgent:
    def only(oid: x509.ObjectIdentifier) -> str:
        values = certificate.subject.get_attributes_for_oid(oid)
        if len(values) != 1 or not str(values[0].value).isprintable() or not str(values[0].value).strip():
            raise ValueError("certificate does not name one agent")
        return str(values[0].value)

    return CertifiedAgent(only(NameOID.SERIAL_NUMBER), only(NameOID.COMMON_NAME), only(NameOID.ORGANIZATION_NAME))
