"""A real relay for tests: `banwen-relay` as its own process with the sample data, killed and restarted at will."""

import json
import re
import selectors
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

COMMAND = str(Path(sys.executable).with_name("banwen-relay"))
START_SECONDS = 30.0
APP = "etax-demo"
SITE_ORIGIN = "https://etax.test"


class RunningRelay:
    """One relay in `folder`. `passwords` maps usernames to what they log in with; `url` is where it answers."""

    def __init__(self, folder: Path, origins: Sequence[str] = (SITE_ORIGIN,)) -> None:
        self.folder = folder
        self.url = ""
        self.passwords: dict[str, str] = {}
        self._origins = origins
        self._site = Ed25519PrivateKey.generate()
        self._process: subprocess.Popen[str] | None = None

    @property
    def log(self) -> Path:
        """Where the relay's log lines go."""
        return self.folder.with_suffix(".log")

    def set_up(self, config: str = "", *options: str) -> None:
        """Run `init --sample` with more options; `config` is TOML that is appended."""
        public = self._site.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        key_file, password_file = self.folder.with_suffix(".pem"), self.folder.with_suffix(".passwords")
        key_file.write_bytes(public)
        origins = [part for origin in self._origins for part in ("--app-origin", origin)]
        self.command(
            "init",
            str(self.folder),
            "--sample",
            "--app-key",
            str(key_file),
            *origins,
            "--sample-password-file",
            str(password_file),
            *options,
        )
        self.passwords = json.loads(password_file.read_text(encoding="utf-8"))
        if config:
            self.configure(config)

    def configure(self, text: str) -> None:
        """Merge lines such as `[limits]\\nframes_burst = 5` into the configuration file."""
        file = self.folder / "relay.toml"
        content = file.read_text(encoding="utf-8")
        section, _, rest = text.partition("\n")
        if section in content:
            for line in rest.strip().splitlines():
                content = re.sub(rf"(?m)^{re.escape(line.split('=')[0].strip())} *=.*\n", "", content)
            content = content.replace(section, f"{section}\n{rest.strip()}", 1)
        else:
            content += f"\n{text}\n"
        file.write_text(content, encoding="utf-8")

    def command(self, *arguments: str, code: int = 0) -> str:
        """Run `banwen-relay` with these arguments to its end; return what it printed, and insist on its exit code."""
        done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != code:
            raise AssertionError(f"exit code {done.returncode}, not {code}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def start(self) -> None:
        """Start serving; return when it listens. After the first time it keeps its port."""
        port = self.url.rpartition(":")[2] or "0"
        with self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [COMMAND, "serve", "--config", str(self.folder), "--port", port],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        line = self._first_line(self._process)
        found = re.search(r"https?://\S+", line)
        if found is None:
            self.stop()
            raise AssertionError(f"the relay did not start: {line!r}\n{self.log.read_text(encoding='utf-8')[-3000:]}")
        self.url = found[0]

    def kill(self) -> None:
        """End it with SIGKILL: no goodbye, no flush."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """End it politely; return its exit code, None if it did not run."""
        return self._end(signal.SIGTERM)

    def restart_after_kill(self) -> None:
        """Kill it and start it again at the same address."""
        self.kill()
        self.start()

    @property
    def process_id(self) -> int:
        """The relay's process, for measuring."""
        if self._process is None:
            raise RuntimeError("not running")
        return self._process.pid

    def write_site_key(self) -> Path:
        """Write the sample site's private key, for a site that signs by itself."""
        file = self.folder.with_suffix(".key")
        secret = self._site.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(secret)
        return file

    def agents(self) -> list[dict[str, Any]]:
        """Return the accounts, as `agents list --json` prints them."""
        found: list[dict[str, Any]] = json.loads(self.command("agents", "list", "-c", str(self.folder), "--json"))
        return found

    def identity(self, subject: str = "u-1001", **claims: Any) -> str:
        """Return an identity token of the sample site; `claims` replace the usual ones."""
        now = time.time()
        usual = {
            "iss": APP,
            "aud": "banwen",
            "sub": subject,
            "iat": now,
            "exp": now + 600,
            "jti": uuid.uuid4().hex,
            "name": "张三",
            "tax_number": "91360103MA35ABCD12",
            "role": "办税员",
            "org": "360103",
        }
        return jwt.encode({**usual, **claims}, self._site, algorithm="EdDSA")

    def context(self, subject: str = "u-1001", ctx: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a context token: where `subject` stands."""
        place = {"module": "vat_filing", "page": "增值税及附加税费申报表", "function": "填写申报表", **(ctx or {})}
        return self.identity(subject, **{"exp": time.time() + 100, "ctx": place, **claims})

    def _first_line(self, process: "subprocess.Popen[str]") -> str:
        if process.stdout is None:
            return ""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            return process.stdout.readline() if selector.select(START_SECONDS) else ""

    def _end(self, how: signal.Signals) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(how)
        code = process.wait(20)
        if process.stdout is not None:
            process.stdout.close()
        return code


@contextmanager
def running_relay(folder: Path, origins: Sequence[str] = (SITE_ORIGIN,), config: str = "") -> Iterator[RunningRelay]:
    """Set a relay up in `folder` (which must not exist yet), run it, and stop it at the end."""
    relay = RunningRelay(folder, origins)
    relay.set_up(config)
    try:
        relay.start()
        yield relay
    finally:
        relay.stop()
