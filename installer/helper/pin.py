"""Builds a root certificate into the helper: `python -m installer.helper.pin ROOT.pem`.

The helper trusts this one certificate and nothing else; no option, link or server can change it later. With
`--development FOLDER` a root is made there first if there is none: for trying things out, never for a bureau.
"""

import argparse
import sys
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay_client.identity import ROOT_CERTIFICATE, make_root

PINNED = Path(__file__).parents[2] / "remote_helper" / "pinned_root.pem"


def pin(root: Path, target: Path = PINNED) -> x509.Certificate:
    """Check that `root` is a root we can use, and write its certificate (only that) to `target`."""
    certificate = x509.load_pem_x509_certificate(root.read_bytes())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    if not constraints.ca or not isinstance(certificate.public_key(), Ed25519PublicKey):
        raise ValueError("not a certificate authority with an Ed25519 key")
    certificate.verify_directly_issued_by(certificate)
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = certificate.public_bytes(Encoding.PEM)
    if not target.exists() or target.read_bytes() != pem:
        target.write_bytes(pem)
    return certificate


def development_root(folder: Path) -> Path:
    """Return the certificate of the root in `folder`, made now if there is none."""
    certificate = folder / ROOT_CERTIFICATE
    return certificate if certificate.exists() else make_root(folder, "办问协同 开发用根证书", time.time())


def main() -> None:
    """Pin what the command line names."""
    parser = argparse.ArgumentParser(description="把根证书固定进远程协助程序 · build a root into the helper")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("root", nargs="?", type=Path, help="根证书 · the root certificate, PEM")
    choice.add_argument("--development", type=Path, metavar="FOLDER", help="开发用根证书的文件夹，没有则生成")
    options = parser.parse_args()
    try:
        pin(options.root or development_root(options.development))
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        sys.exit(f"无法固定根证书：{error} · cannot pin this root")


if __name__ == "__main__":
    main()
