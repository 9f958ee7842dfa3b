"""Signs who is there and where they are: JSON Web Tokens (RFC 7519) with the site's Ed25519 key, on the server only."""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from examples.etax.people import Person

AUDIENCE = "banwen"
IDENTITY_SECONDS = 10 * 60
CONTEXT_SECONDS = 90


def make_key(path: Path) -> str:
    """Write a new private key to `path`, readable by its owner only; return the public half as PEM."""
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key kept at `path`. Raise `ValueError` for a key of another kind."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds no Ed25519 key")
    return key


@dataclass(frozen=True)
class Signer:
    """The site's pen. `issuer` is the name the relay knows the site by."""

    key: Ed25519PrivateKey
    issuer: str

    def identity(self, person: Person) -> str:
        """Return a token that says who is signed in. It opens one session, within ten minutes."""
        return self._sign(person, IDENTITY_SECONDS, {})

    def context(self, person: Person, place: Mapping[str, Any]) -> str:
        """Return a token that says where the person is. It is good once, within ninety seconds."""
        return self._sign(person, CONTEXT_SECONDS, {"ctx": dict(place)})

    def _sign(self, person: Person, lifetime: int, more: Mapping[str, Any]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": person.key,
            "iat": now,
            "exp": now + lifetime,
            "jti": secrets.token_urlsafe(16),
            "name": person.name,
            "tax_number": person.tax_number,
            "taxpayer_type": person.taxpayer_type,
            "role": person.role,
            "org": person.org,
        }
        return jwt.encode({**claims, **more}, self.key, algorithm="EdDSA")
