"""The one root this helper trusts. It was built in; nothing at run time can add or change it."""

from pathlib import Path

from cryptography import x509

from relay_protocol.errors import BanwenError, ErrorCode

PINNED = Path(__file__).with_name("pinned_root.pem")


def pinned_root() -> x509.Certificate:
    """Return the root. Raise UNSUPPORTED when this copy was built without one."""
    try:
        return x509.load_pem_x509_certificate(PINNED.read_bytes())
    except (OSError, ValueError) as error:
        raise BanwenError(
            ErrorCode.UNSUPPORTED,
            "本程序缺少税务机关的根证书，无法核验座席身份。请从电子税务局重新下载。",
            why=str(error),
        ) from error
