"""How a post's text is written down: prose with code in fenced blocks, in order and told apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

_FENCED = re.compile(
    r"^(?P<fence>`{3,})(?P<lang>[^`\n]*)\n(?P<code>.*?)(?:^(?P=fence)[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_BACKTICKS = re.compile(r"^`{3,}", re.MULTILINE)


def fence(code: str, lang: str = "") -> str:
    """Write code as a fenced block; the fence is longer than any run of backticks that starts a line of it."""
    longest = max((len(run) for run in _BACKTICKS.findall(code)), default=2)
    marks = "`" * (longest + 1)
    return f"{marks}{lang}\n{code.rstrip()}\n{marks}"


def split_code(body: str) -> tuple[str, str]:
    """Split a body into (prose, code); blocks of code are joined by a blank line."""
    code = "\n\n".join(match["code"].rstrip() for match in _FENCED.finditer(body))
    prose = _FENCED.sub("", body)
    return re.sub(r"\n{3,}", "\n\n", prose).strip(), code


def split_parts(body: str) -> Iterator[tuple[str, bool, str]]:
    """Pieces of a body in order: (text, whether it is code, language of the code)."""
    at = 0
    for match in _FENCED.finditer(body):
        yield body[at : match.start()].strip("\n"), False, ""
        yield match["code"].rstrip("\n"), True, match["lang"].strip()
        at = match.end()
    yield body[at:].strip("\n"), False, ""


def text_hash(*parts: str) -> bytes:
    """SHA-256 of the parts, each told apart from its neighbours (32 bytes)."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()
