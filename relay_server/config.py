"""The relay's configuration: one TOML file read into frozen structs; a key nobody knows is an error, not a shrug."""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import parse_qs, urlsplit

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.domain.identity import read_public_key

FILE_NAME = "relay.toml"

Count = Annotated[int, msgspec.Meta(ge=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the file."""


class RelaySection(Section, frozen=True, kw_only=True):
    """Where the relay listens and how the world reaches it.

    `port` 0 takes a free one. `public_url` is what browsers and helpers use; empty means the listening address.
    `trusted_proxies` are addresses whose X-Forwarded-* headers are believed; none by default. `heartbeat` in seconds.
    `monitors` are the addresses that may read `/metrics`.
    """

    host: str = "127.0.0.1"
    port: int = 8600
    public_url: str = ""
    trusted_proxies: list[str] = []
    monitors: list[str] = msgspec.field(default_factory=lambda: ["127.0.0.1", "::1"])
    heartbeat: Positive = 15.0
    default_office: str = ""


class StoreSection(Section, frozen=True, kw_only=True):
    """Where things are kept; relative paths start at the file's folder.

    `url` names a PostgreSQL database (postgresql://user@host/name) instead of the file `database`; several relays may
    share it. Its password belongs into ~/.pgpass or the file that ?passfile= names.
    Without the file `master_key` nothing people said can be read: back it up, apart from the database.
    """

    database: str = "relay.db"
    url: str = ""
    files: str = "files"
    master_key: str = "master.key"


class BusSection(Section, frozen=True, kw_only=True):
    """How several relays of one database hear of each other; without `url` there is only one.

    `url` is nats://host:port, or tls://host:port where others share the network: what people say passes there. The
    file `token_file` holds what the server asks for. Relays of different databases use different `subject`s.
    """

    url: str = ""
    subject: str = "banwen"
    token_file: str = ""


class KnowledgeSection(Section, frozen=True, kw_only=True):
    """The knowledge the bot answers from: a file made by `banwen-kb build`; empty means the sample that is shipped."""

    bundle: str = ""


class SearchSection(Section, frozen=True, kw_only=True):
    """Searching what was said. Without `index` nothing new is taken in: that costs more than the chat itself."""

    index: bool = True


class DispatchSection(Section, frozen=True, kw_only=True):
    """How consultations reach agents. Times in seconds; `capacity` is consultations one agent holds at once."""

    offer_timeout: Positive = 30.0
    agent_lost: Positive = 90.0
    capacity: Count = 5


class LimitsSection(Section, frozen=True, kw_only=True):
    """What one peer may use up. Rates are steady; bursts are what may come at once.

    `requests` and `attempts` (log in, redeem a code) count by address, behind which a whole tax hall may sit; `frames`
    and `links` by session. `consultation_bytes` is what all files of one consultation may have together;
    `voice_seconds` the longest recording. `scan` is the command of a virus scanner, such as
    ["clamdscan", "--fdpass", "--no-summary"]: it is given a path and ends with 0 for a harmless file.
    """

    upload_bytes: Count = 20 * 1024 * 1024
    consultation_bytes: Count = 500 * 1024 * 1024
    voice_seconds: Positive = 60.0
    scan: list[str] = []
    image_pixels: Count = 50_000_000
    requests_per_second: Positive = 50.0
    requests_burst: Count = 300
    frames_per_second: Positive = 50.0
    frames_burst: Count = 200
    attempts_per_minute: Positive = 30.0
    attempts_burst: Count = 30
    links_per_session: Count = 12
    malformed_frames: Count = 5


class SessionSection(Section, frozen=True, kw_only=True):
    """How long people stay signed in, and how long a wrong password locks. In seconds."""

    agent: Positive = 12 * 3600.0
    taxpayer: Positive = 24 * 3600.0
    helper: Positive = 3600.0
    wrong_passwords: Count = 5
    lockout: Positive = 900.0


class AssistSection(Section, frozen=True, kw_only=True):
    """Remote assistance. `code_lifetime` in seconds."""

    code_lifetime: Positive = 600.0


class ServiceSection(Section, frozen=True, kw_only=True):
    """What time does to a consultation, in seconds; 0 turns a rule off.

    A silent taxpayer is reminded after `idle_reminder`, and the service ends `idle_close` after the agent's last word.
    Whoever comes back within `reopen_within` goes on where they were. What only the bot has is closed after
    `forgotten_after` without a word. `answer_message` and `answer_callback` are office hours until somebody must have
    answered what was left.
    """

    idle_reminder: NotNegative = 120.0
    idle_close: NotNegative = 300.0
    reminder: str = "您好，请问还需要帮助吗？如长时间没有回复，本次服务将自动结束。"
    closing: str = "由于长时间没有收到您的回复，本次服务已自动结束。如仍需帮助，24 小时内直接留言即可继续。"
    reopen_within: NotNegative = 24 * 3600.0
    forgotten_after: NotNegative = 24 * 3600.0
    answer_message: Positive = 7 * 3600.0
    answer_callback: Positive = 2 * 3600.0


class AppSection(Section, frozen=True, kw_only=True):
    """One site that embeds the widget. `public_key` is the PEM Ed25519 key that signs its identity and context tokens.

    `origins` are the only places the widget may be framed by; `issuer` is the tokens' `iss`. `anonymous` lets people in
    who bring no identity; they are shown as 未验证.
    """

    name: str
    origins: list[str]
    issuer: str
    public_key: str
    anonymous: bool = True


class ModuleSection(Section, frozen=True, kw_only=True):
    """Which business elements of an e-tax module agents may see; `masked` ones lose their middle before storage."""

    elements: list[str] = []
    masked: list[str] = []


class OfficeSection(Section, frozen=True, kw_only=True):
    """机构 as the first release configured them; they are taken over once, `banwen-relay offices` keeps them now."""

    name: str
    level: str
    parent: str = ""


class CatalogueSection(Section, frozen=True, kw_only=True):
    """What a wrap-up may say: code → name, in the order agents see."""

    business: dict[str, str] = {}
    question_type: dict[str, str] = {}


class Config(Section, frozen=True, kw_only=True):
    """Everything the file says. The defaults are safe: loopback, no proxies, nobody's site."""

    relay: RelaySection = RelaySection()
    store: StoreSection = StoreSection()
    bus: BusSection = BusSection()
    knowledge: KnowledgeSection = KnowledgeSection()
    search: SearchSection = SearchSection()
    dispatch: DispatchSection = DispatchSection()
    limits: LimitsSection = LimitsSection()
    session: SessionSection = SessionSection()
    assist: AssistSection = AssistSection()
    service: ServiceSection = ServiceSection()
    apps: dict[str, AppSection] = {}
    modules: dict[str, ModuleSection] = {}
    offices: dict[str, OfficeSection] = {}
    catalogue: CatalogueSection = CatalogueSection()


class ConfigError(BanwenError):
    """The file cannot be used. `problems` holds one sentence per mistake, Chinese then English."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(ErrorCode.BAD_INPUT, "\n".join(problems))
        self.problems = problems


def load(path: Path) -> Config:
    """Read and check the file at `path`. Raise `ConfigError` with every mistake at once."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            [f"找不到配置文件 {path}，请先运行 banwen-relay init 目录。 No such file; run banwen-relay init DIR first."]
        ) from None
    except OSError as error:
        raise ConfigError([f"不能读取 {path}（{error.strerror}），请检查权限。 The file cannot be read."]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path} 不是正确的 TOML 文件：{error}。 Not valid TOML."]) from error
    return parse(raw)


def parse(raw: Mapping[str, Any]) -> Config:
    """Turn parsed TOML into a `Config`. Raise `ConfigError` with every mistake at once."""
    if problems := list(_unknown_keys(raw, Config, "")):
        raise ConfigError(problems)
    try:
        config = msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        raise ConfigError([f"配置的值不正确：{error}。 A value does not fit."]) from error
    if problems := list(_contradictions(config)):
        raise ConfigError(problems)
    return config


def _unknown_keys(raw: Mapping[str, Any], section: type[Section], prefix: str) -> Iterator[str]:
    fields = {field.name: field.type for field in msgspec.structs.fields(section)}
    for key, value in raw.items():
        if key not in fields:
            yield _unknown_key(prefix + key, [prefix + name for name in fields])
        elif isinstance(value, Mapping):
            yield from _unknown_below(value, fields[key], f"{prefix}{key}.")


def _unknown_below(raw: Mapping[str, Any], declared: Any, prefix: str) -> Iterator[str]:
    """Look into a table, or into every table of a table of tables."""
    if isinstance(declared, type) and issubclass(declared, Section):
        yield from _unknown_keys(raw, declared, prefix)
    elif get_origin(declared) is dict and issubclass(inner := get_args(declared)[1], Section):
        for name, table in raw.items():
            if isinstance(table, Mapping):
                yield from _unknown_keys(table, inner, f"{prefix}{name}.")


def _unknown_key(key: str, known: list[str]) -> str:
    near = (difflib.get_close_matches(key, known, n=1, cutoff=0.0) or known)[0]
    return f"未知的配置项 {key}，最接近的是 {near}。 Unknown key {key}; the nearest known key is {near}."


def _contradictions(config: Config) -> Iterator[str]:
    for code, office in config.offices.items():
        if office.parent and office.parent not in config.offices:
            yield f"offices.{code} 的上级 {office.parent} 不存在。 Its parent office does not exist."
    if not 0 <= config.relay.port < 65536:
        yield f"relay.port {config.relay.port} 不是端口号（0–65535）。 Not a port number."
    yield from _wrong_address(config.store.url)
    yield from _wrong_bus(config.bus, config.store.url)
    for name, app in config.apps.items():
        try:
            read_public_key(app.public_key)
        except ValueError:
            yield (
                f"apps.{name}.public_key 不是 Ed25519 公钥（PEM），可这样得到：openssl pkey -in 私钥.pem -pubout。 "
                "Not an Ed25519 public key."
            )
        for origin in app.origins:
            if not origin.startswith(("http://", "https://")) or origin.count("/") != 2 or "*" in origin:
                yield (
                    f"apps.{name}.origins 的 {origin} 应写成 https://主机:端口，不带路径和通配符。 "
                    "Write an origin as scheme://host:port, without path or wildcard."
                )


def _wrong_address(url: str) -> Iterator[str]:
    """Say what is wrong with the address of a database, without repeating a password."""
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        yield "store.url 应写成 postgresql://用户@主机/数据库。 Write store.url as postgresql://user@host/database."
    if parts.password or "password" in parse_qs(parts.query):
        yield (
            "store.url 不得含有密码，请写入 ~/.pgpass，或用 ?passfile=文件 指明密码文件（权限 0600）。 "
            "Keep the password in ~/.pgpass or in the file named by ?passfile=."
        )


def _wrong_bus(bus: BusSection, database: str) -> Iterator[str]:
    """Say what is wrong with how relays hear of each other, without repeating a password."""
    if not bus.url:
        return
    parts = urlsplit(bus.url)
    if parts.scheme not in ("nats", "tls") or not parts.hostname:
        yield "bus.url 应写成 nats://主机:端口 或 tls://主机:端口。 Write bus.url as nats://host:port or tls://host:port."
    if parts.password or parts.username:
        yield "bus.url 不得含有密码，请写入 bus.token_file 指明的文件。 Keep it in the file bus.token_file names."
    if not database:
        yield (
            "bus.url 只用于几个中继共用一个 PostgreSQL；请先设置 store.url。 "
            "Several relays need a PostgreSQL database: set store.url."
        )
