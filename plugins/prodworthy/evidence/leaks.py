"""Leaks: secrets in what is served to everybody, told by their shape and never repeated in full.

Patterns are kept so narrow that a match is worth an alarm: placeholders of documentation, example projects' well-known
keys and the bare words around which cryptographic libraries build are left alone. Keys that are made for browsers are
not secrets: Supabase's publishable and anon keys, Stripe's pk_, Google's AIza, Sentry's DSN.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from prodworthy.model.bundle import Leak

MOST = 20  # secrets of a kind that are told of one text: whoever leaks more knows enough
SHOWN = 14  # characters of a secret that may be told, at most a third of it

TOKEN = re.compile(rb"(?<![\w-])eyJ[\w-]{10,}\.(eyJ[\w-]{10,})\.[\w-]{20,}", re.ASCII)  # JWT; group: its payload


@dataclass(frozen=True, slots=True)
class _Pattern:
    hints: tuple[bytes, ...]  # what it may begin with: a plain search is a hundred times as fast as an expression
    pattern: re.Pattern[bytes]  # matched where a hint was found
    named: Callable[[re.Match[bytes]], str | None]  # what was found; None: harmless
    variable: bool = False  # whether the first group is a variable's name, and the second its value


def leaks(source: bytes) -> tuple[Leak, ...]:
    """The secrets in a served text, each once, in the order in which they stand there."""
    found: dict[tuple[int, int], Leak] = {}
    for each in _PATTERNS:
        for place, leak in islice(_found(each, source), MOST):
            if not any(start < place[1] and place[0] < end for start, end in found):
                found[place] = leak
    return tuple(found[place] for place in sorted(found))


def line_of(source: bytes, place: int) -> int:
    """The line of a place, from 1."""
    return source.count(b"\n", 0, place) + 1


def redacted(secret: bytes, most: int = SHOWN) -> str:
    """A prefix, of which nobody can make the whole."""
    text = secret.decode("ascii", "replace")
    return text[: min(most, len(text) // 3)] + "…"


def claims(payload: bytes) -> dict[str, Any]:
    """What a JWT's payload says; nothing when it is none."""
    try:
        told = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def matches(pattern: re.Pattern[bytes], source: bytes, *hints: bytes) -> Iterator[re.Match[bytes]]:
    """Where the pattern begins with one of these words, word after word."""
    for hint in hints:
        place = source.find(hint)
        while place >= 0:
            if found := pattern.match(source, place):
                yield found
            place = source.find(hint, place + len(hint))


def _found(pattern: _Pattern, source: bytes) -> Iterator[tuple[tuple[int, int], Leak]]:
    seen: set[bytes] = set()
    for found in matches(pattern.pattern, source, *pattern.hints):
        secret = found[2] if pattern.variable else found[0]
        if secret not in seen and (what := pattern.named(found)):
            seen.add(secret)
            variable = _whole(found) if pattern.variable else None
            line = line_of(source, found.start())
            yield found.span(), Leak(what=what, shown=redacted(secret), line=line, variable=variable)


def _whole(found: re.Match[bytes]) -> str:
    """The variable's name, with what of it stands before the hint."""
    before = _BEGINNING.search(found.string[max(found.start() - 13, 0) : found.start()])
    return ((before[0] if before else b"") + found[1]).decode()[:80]


def _mixed(what: str) -> Callable[[re.Match[bytes]], str | None]:
    """Only where digits, capitals and small letters stand together, as in no name of a program."""
    kinds = (rb"[0-9]", rb"[A-Z]", rb"[a-z]")
    return lambda found: _always(what)(found) if all(re.search(kind, found[1]) for kind in kinds) else None


def _always(what: str) -> Callable[[re.Match[bytes]], str | None]:
    return lambda found: None if _placeholder(found[1]) else what


_SAID = (b"your", b"xxxx", b"example", b"placeholder", b"redacted", b"changeme", b"dummy", b"1234567890")
_SAMPLES = {  # from their services' own documentation
    b"4eC39HqLyjWDarjtT1zdp7dc",
}


def _placeholder(secret: bytes) -> bool:
    """Whether it stands in documentation for the real thing: few distinct characters, or words that say so."""
    text = secret.lower()
    return len(set(text)) < 6 or any(word in text for word in _SAID) or secret in _SAMPLES


def _token(found: re.Match[bytes]) -> str | None:
    told = claims(found[1])
    if told.get("iss") == "supabase-demo":  # the same on every developer's machine
        return None
    role = told.get("role")
    if role in {"service_role", "supabase_admin"}:
        return f"Supabase {role} key (JWT)"
    signed_in = role == "authenticated" and isinstance(told.get("sub"), str) and "session_id" in told
    return "Supabase session of a user (JWT)" if signed_in else None


_TAUGHT = {
    *(b"password", b"postgres", b"secret", b"passwd", b"mypassword", b"changeme", b"user_password", b"s3cret"),
    *(b"pass", b"pwd", b"mysecretpassword", b"root", b"admin", b"guest", b"db_password", b"p@ssw0rd", b"hunter2"),
}
_NO_HOST = (
    *(b"localhost", b"127.", b"0.0.0.0", b"host", b"example", b"db.example", b"[", b"server"),
    *(b"myhost", b"myserver", b"mydb", b"mydatabase", b"mydomain", b"mysql"),
)
_PUT_IN = re.compile(rb"[\[\]<>{}]|\*\*|%(?![0-9A-Fa-f]{2})|^\$|^\*$")  # at run time, or by the reader
_DATABASES = {
    b"postgres": "Postgres",
    b"postgresql": "Postgres",
    b"mysql": "MySQL",
    b"mongodb": "MongoDB",
    b"mongodb+srv": "MongoDB",
    b"redis": "Redis",
    b"rediss": "Redis",
    b"amqp": "AMQP",
    b"amqps": "AMQP",
}
_SCHEMES = b"|".join(re.escape(scheme) for scheme in sorted(_DATABASES, key=len, reverse=True))


def _database(found: re.Match[bytes]) -> str | None:
    password, host = found[2], found[3].lower()
    if _PUT_IN.search(password) or _placeholder(password):
        return None
    if password.lower() in _TAUGHT or host.startswith(_NO_HOST) or b"." not in host:
        return None
    return f"{_DATABASES[found[1]]} URL with a password"


# what bundlers write into the code because of its name: Vite, Next, Create React App, Vue CLI, Nuxt, SvelteKit, Expo
_PREFIXES = (b"VITE_", b"PUBLIC_", b"_APP_")  # of some, the end: NEXT_PUBLIC_, REACT_APP_
_BEGINNING = re.compile(rb"[A-Z]{0,12}_?\Z")
_TELLING = re.compile(
    rb"SECRET|PRIVATE|PASSWORD|PASSWD|SERVICE_?(?:ROLE|KEY|ACCOUNT|TOKEN|SECRET)|ADMIN_?(?:KEY|TOKEN)|ACCESS_TOKEN$"
)
_NOT_TELLING = re.compile(rb"(?:_URL|_URI|_HOST|_PATH|_PORT|_NAME|_ID|_ENABLED|_MODE|_REGEX|_LENGTH|_HINT|_LABEL)$")


def _variable(found: re.Match[bytes]) -> str | None:
    """A value that has the look of a key, under a name that says it is secret."""
    name, value = found[1], found[2]
    if not _TELLING.search(name) or _NOT_TELLING.search(name) or _placeholder(value):
        return None
    if value.startswith((b"sb_publishable_", b"pk_", b"http")):
        return None
    mixed = re.search(rb"[0-9]", value) and re.search(rb"[A-Za-z]", value)
    return "the value of a variable that is called a secret" if mixed else None


def _access(found: re.Match[bytes]) -> str | None:
    """An AWS secret key: forty characters of base64 beside the word."""
    mixed = all(re.search(kind, found[1]) for kind in (rb"[a-z]", rb"[A-Z]", rb"[0-9]"))
    return "AWS secret access key" if mixed and not _placeholder(found[1]) else None


def _service(key: bytes) -> str:
    return "Anthropic" if key.startswith(b"sk-ant-") else "OpenRouter" if key.startswith(b"sk-or-") else "OpenAI"


_END = rb"(?![\w-])"
_WORD = rb"[A-Za-z0-9]"
_KEY = rb"[A-Za-z0-9_-]"
_HEX = rb"[0-9a-f]"


def _marked(what: str, rest: bytes, *marks: bytes) -> _Pattern:
    """A key that begins with one of its issuer's marks; the mark alone, as libraries hold it, is none."""
    choice = b"|".join(map(re.escape, marks))
    return _Pattern(marks, re.compile(rb"(?<![\w-])(?:" + choice + b")(" + rest + b")"), _always(what))


_PATTERNS = (
    # the back end's own
    _marked("Supabase secret key", _KEY + rb"{10,}", b"sb_secret_"),
    _Pattern((b"eyJ",), TOKEN, _token),
    _marked("Supabase management token", rb"(?:oauth_|v0_)?" + _HEX + rb"{40}" + _END, b"sbp_"),
    _Pattern(
        (b"postgres", b"mysql://", b"mongodb", b"redis", b"amqp"),
        re.compile(
            rb"\b(" + _SCHEMES + rb")://[^\s:/@\"'`\\]{0,128}:([^\s/@\"'`\\]{3,128})@([^\s/:\"'`\\?,]{1,255})",
        ),
        _database,
    ),
    _Pattern(
        (b"-----BEGIN ",),
        # libraries that read keys hold the header alone; a key has material behind it
        re.compile(rb"-----BEGIN (?:[A-Z]+ ){0,4}PRIVATE KEY-----(?:\\+[nr]|[\"'`+\s])*[A-Za-z0-9+/=]{40}"),
        lambda _: "private key",
    ),
    # services
    _marked("Stripe or Clerk secret key", _WORD + rb"{20,}", b"sk_live_", b"sk_test_"),
    _marked("Stripe restricted key", _WORD + rb"{20,}", b"rk_live_"),
    _marked("Stripe webhook secret", rb"[A-Za-z0-9+/]{32,}", b"whsec_"),
    _Pattern(
        (b"sk-",),
        re.compile(
            rb"(?<![\w-])sk-(?:"
            rb"(?:proj|svcacct|admin|ant-(?:api|admin)\d\d|or-v1)-(" + _KEY + rb"{40,})"
            rb"|(" + _WORD + rb"{20}T3BlbkFJ" + _WORD + rb"{20})" + _END + rb")"
        ),
        lambda found: None if _placeholder(found[1] or found[2]) else f"{_service(found[0])} API key",
    ),
    _marked("AWS access key id", rb"[A-Z2-7]{16}(?![A-Za-z0-9+/=_-])", b"AKIA"),
    _Pattern(
        (b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY", b"secretAccessKey"),
        re.compile(rb"\w+[\"'`]?\s*[:=]\s*[\"'`]([A-Za-z0-9+/]{40})[\"'`]"),
        _access,
    ),
    _marked("GitHub token", _WORD + rb"{36}" + _END, b"ghp_", b"gho_", b"ghu_", b"ghs_"),
    _marked("GitHub token", _WORD + rb"{76}" + _END, b"ghr_"),
    _marked("GitHub token", rb"[A-Za-z0-9_]{60,}", b"github_pat_"),
    _marked("GitLab token", _KEY + rb"{20,}", b"glpat-"),
    _marked("npm token", _WORD + rb"{36}" + _END, b"npm_"),
    _marked("Slack token", rb"[abeprs][.-](?:\w+-)?\d{9,}-[A-Za-z0-9-]{20,}", b"xox"),
    _marked("Slack webhook address", rb"T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/\w{20,}", b"https://hooks.slack.com/services/"),
    _marked(
        "Discord webhook address",
        rb"(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,}",
        b"https://discord",
    ),
    _marked("Google OAuth client secret", _KEY + rb"{28}" + _END, b"GOCSPX-"),
    _marked("SendGrid key", _KEY + rb"{22}\." + _KEY + rb"{43}" + _END, b"SG."),
    _marked("Hugging Face token", rb"[A-Za-z]{34}" + _END, b"hf_"),
    _marked("Groq API key", _WORD + rb"{52}" + _END, b"gsk_"),
    _marked("xAI API key", _WORD + rb"{70,}" + _END, b"xai-"),
    _marked("Replicate API token", _WORD + rb"{37}" + _END, b"r8_"),
    _marked("Pinecone API key", _WORD + rb"{4,8}_" + _WORD + rb"{50,}" + _END, b"pcsk_"),
    _marked("Notion token", rb"\d{11}" + _WORD + rb"{35}" + _END, b"ntn_"),
    _marked("Linear API key", _WORD + rb"{40}" + _END, b"lin_api_"),
    _Pattern(
        (b"re_",),
        re.compile(rb"(?<![\w-])re_" + _WORD + rb"{8}_(" + _WORD + rb"{24})" + _END),
        _mixed("Resend API key"),
    ),
    _Pattern(
        (b":AA",),  # before it the bot's number
        re.compile(rb"(?<=[0-9]{8}):(AA" + _KEY + rb"{33})" + _END),
        _mixed("Telegram bot token"),
    ),
    _marked("Shopify token", rb"[0-9a-fA-F]{32}" + _END, b"shpat_", b"shpss_"),
    _marked("Mapbox secret token", _KEY + rb"{20,}\." + _KEY + rb"{20,}", b"sk.eyJ"),
    _marked("Azure storage account key", rb"[A-Za-z0-9+/]{86}==", b"AccountKey="),
    # last: whatever it is, somebody called it a secret
    _Pattern(
        _PREFIXES,
        re.compile(rb"([A-Z_][A-Z0-9_]{3,80})[\"'`]?\s*[:=]\s*[\"'`]([A-Za-z0-9+/=_.~:@!-]{12,512})[\"'`]"),
        _variable,
        variable=True,
    ),
)
