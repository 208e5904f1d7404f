"""User names as keyed hashes, so that one writer can be told from another and nobody by name."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path
from typing import Self

from scraper.errors import KeyFileError

_KEY_BYTES = 32
# A user name may have dots, dashes and underscores inside. What stands before the @ is looked at for ASCII only:
# an address like a@b.example is no mention, while scripts without spaces put a mention right behind a word.
_NAME = r"[@\uff20](\w(?:[\w.-]*[^\W_])?)"
_MENTIONS = re.compile(f"(?<![A-Za-z0-9])(?:{_NAME})+")
_MENTION = re.compile(_NAME)
# Where a forum's own markup spells a name out: links to a profile, and the head of a raw quote.
_PROFILE = re.compile(r"(/u(?:sers)?/|\[quote=[\"\u201c\u201d]?)(\w(?:[\w.-]*[^\W_])?)")
_CODE = re.compile(
    r"^(?P<fence>`{3,})[^`\n]*\n.*?(?:^(?P=fence)[ \t]*$|\Z)|(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE | re.DOTALL,
)


class Pseudonymizer:
    """Turns names into `user-<8 hex digits>` with HMAC-SHA256; case makes no difference."""

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_BYTES:
            raise KeyFileError(f"the key for pseudonyms has {len(key)} bytes: it needs at least {_KEY_BYTES}")
        self._key = key

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read the key file, or make it (mode 0600) if it is missing. Raises KeyFileError if it cannot be used.

        Whoever has the file can test names against the store, and without it a later crawl gives new pseudonyms:
        it lies beside the store, never in it.
        """
        try:
            if not path.exists():
                _make_key(path)
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            text = path.read_text(encoding="ascii").strip()
            return cls(bytes.fromhex(text))
        except OSError as error:
            raise KeyFileError(f"key file {path} cannot be used: {error.strerror or error}") from error
        except ValueError as error:
            raise KeyFileError(
                f"key file {path} does not hold {2 * _KEY_BYTES} hex digits: bring back the right file,"
                " or move it away to start with a new key"
            ) from error

    def name(self, user: str) -> str:
        """Pseudonym of a user name; empty for an empty name."""
        folded = unicodedata.normalize("NFKC", user).strip().casefold()
        if not folded:
            return ""
        digest = hmac.new(self._key, folded.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"user-{digest.hexdigest()[:8]}"

    def mask(self, prose: str) -> str:
        """Replace names by their pseudonyms: `@name`, links to a profile (`/u/name`), heads of raw quotes."""
        prose = _PROFILE.sub(lambda match: match[1] + self.name(match[2]), prose)
        return _MENTIONS.sub(lambda run: _MENTION.sub(lambda match: f"@{self.name(match[1])}", run[0]), prose)

    def mask_markdown(self, text: str) -> str:
        """Replace each `@name` in Markdown outside of code, where `@` belongs to the language."""
        parts: list[str] = []
        end = 0
        for match in _CODE.finditer(text):
            parts += [self.mask(text[end : match.start()]), match[0]]
            end = match.end()
        return "".join([*parts, self.mask(text[end:])])


def key_path_beside(database_url: str) -> Path:
    """Where the key of a store lies: beside an SQLite file, else in the working directory."""
    scheme, _, rest = database_url.partition("://")
    file = rest.partition("?")[0].removeprefix("/")
    if scheme.partition("+")[0] == "sqlite" and file:
        return Path(file).with_suffix(".key")
    return Path("forumlens.key")


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
        with contextlib.suppress(FileExistsError):  # a link, unlike a rename, never replaces a key just made elsewhere
            os.link(draft, path)
    finally:
        draft.unlink()
