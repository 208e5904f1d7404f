"""Fuzzing of the HTML reader: any post, however broken or hostile, becomes text, and soon.

    python -m tests.soak.fuzz_cooked --seconds 3600 [--seed 1] [--corpus threads.jsonl.gz]

Each case follows from its number alone, so that a failure is named by a number. Ends with status 1 at the first one.
Every minute it tells on stderr where it is and how much memory it has taken. Ctrl-C, a closed terminal and `kill` end
it early, with its figures.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import itertools
import json
import re
import resource
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from scraper.cooked import cooked_to_text
from scraper.pseudonyms import Pseudonymizer
from scraper.replay.hostile import hostile_html
from store.text import split_code

TAGS = (
    "p", "div", "b", "i", "a", "code", "pre", "ul", "ol", "li", "table", "tr", "td", "th", "br", "img", "aside",
    "blockquote", "details", "summary", "span", "svg", "script", "style", "template", "textarea", "title", "html",
    "body", "head", "plaintext", "xmp", "noscript", "iframe", "select", "option", "h1", "hr", "frameset", "form",
    "math",
)  # fmt: skip
ATTRIBUTES = (
    "class='quote'", "class=onebox", "class='lang-python'", "class='emoji' alt=':x:'", "href='https://hf.co/a/b'",
    "href='http://[bad'", "data-x=\"", "class='", "style=x:y", "id=\x00", "href=@alice",
)  # fmt: skip
LOOSE = (
    "@alice", "@al<b>ice</b>", "&lt;", "&#0;", "&#xD800;", "&#x110000;", "&nbsp;", "<!--", "-->", "<![CDATA[", "]]>",
    "<!DOCTYPE x>", "<?x", "`", "```", "~~~", "\x00", "\ud800", "\u202e", "\u200b", "\r\n", "\n", "\t", " ", ">", "<",
    "</", "/>", "=", "'", '"', "\u00e9", "\U0001f600", "[quote=\"alice\"]", "/u/alice",
)  # fmt: skip
SEED_POSTS = (
    "<p>Hello <a class='mention' href='/u/alice'>@alice</a></p><pre><code class='lang-py'>x = 1\n</code></pre>",
    "<aside class='quote'><blockquote><p>theirs</p></blockquote></aside><p>mine</p><ul><li>a<ol><li>b</ol></ul>",
    "<table><tr><th>a</th></tr><tr><td>b</td></tr></table><details><summary>s</summary>t</details><img class=emoji>",
)


@dataclass(slots=True)
class Tally:
    """How many cases were read, how many characters, and the slowest one per character among the longer ones.

    Seconds are of CPU time, so that a busy machine makes no case slow.
    """

    cases: int = 0
    characters: int = 0
    seconds: float = 0.0
    longest_seconds: float = 0.0
    slowest_case: int = -1
    slowest_seconds_per_mb: float = 0.0


def make_case(number: int, posts: Sequence[str], largest: int) -> str:
    """The HTML of one case: pieces thrown together, a post mangled, or one made to be hostile."""
    random = Random(number)
    kind = random.random()
    if kind < 0.45:
        return "".join(_piece(random) for _ in range(random.randrange(1, 200)))
    if kind < 0.9:
        return _mangled(random, random.choice(posts))
    return hostile_html(random, int(10 ** random.uniform(2, len(str(largest)) - 1)))


def check(number: int, html: str) -> str:
    """What is wrong with the text that this HTML becomes; empty if nothing is."""
    text = cooked_to_text(html, PSEUDONYMS.mask)
    if "\x00" in text or not _is_utf8(text):
        return "characters that cannot be stored"
    prose, _ = split_code(text)
    # Inline code is kept as it is, for `@` belongs to the language there, and so is what looks like a mail address.
    if "`" not in prose and re.search(r"(?<![A-Za-z0-9])@alice", prose):
        return "a name is left in prose"
    return ""


def run(
    numbers: Iterable[int], posts: Sequence[str] = SEED_POSTS, largest: int = 100_000, tally: Tally | None = None
) -> Tally:
    """Read cases and count them in `tally`; raises AssertionError, naming the case, at the first that fails."""
    tally = Tally() if tally is None else tally
    for number in numbers:
        html = make_case(number, posts, largest)
        begun = time.process_time()
        try:
            problem = check(number, html)
        except Exception as error:
            raise AssertionError(f"case {number}: {type(error).__name__}: {error}") from error
        took = time.process_time() - begun
        assert not problem, f"case {number}: {problem}"
        tally.cases += 1
        tally.characters += len(html)
        tally.seconds += took
        tally.longest_seconds = max(tally.longest_seconds, took)
        if len(html) >= 10_000 and took / len(html) * 1e6 > tally.slowest_seconds_per_mb:
            tally.slowest_case, tally.slowest_seconds_per_mb = number, took / len(html) * 1e6
    return tally


def _piece(random: Random) -> str:
    kind = random.random()
    if kind < 0.4:
        attributes = " ".join(random.choice(ATTRIBUTES) for _ in range(random.randrange(3)))
        return f"<{random.choice(TAGS)} {attributes}{random.choice(('>', '>', '/>', ''))}"
    if kind < 0.6:
        return f"</{random.choice(TAGS)}>"
    if kind < 0.9:
        return random.choice(LOOSE)
    return "".join(chr(random.randrange(1, 0x3000)) for _ in range(random.randrange(5)))


def _mangled(random: Random, post: str) -> str:
    for _ in range(random.randrange(1, 12)):
        start = random.randrange(len(post) + 1)
        end = min(len(post), start + random.randrange(40))
        middle = random.choice(("", _piece(random), post[start:end] * 3, post[start:end][::-1]))
        post = post[:start] + middle + post[random.choice((start, end)) :]
    return post


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_corpus(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [post["cooked"] for line in lines for post in json.loads(line)["post_stream"]["posts"] if post["cooked"]]


def _main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3600.0, help="CPU time to spend")
    parser.add_argument("--seed", type=int, default=1, help="number of the first case")
    parser.add_argument("--corpus", type=Path, help="JSONL.gz of /t/ID.json bodies whose posts are mangled too")
    options = parser.parse_args()
    for early in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(early, signal.default_int_handler)
    posts = _read_corpus(options.corpus) if options.corpus else SEED_POSTS
    tally = Tally()
    with contextlib.suppress(KeyboardInterrupt):
        run(_numbers(options.seed, options.seconds, tally), posts, largest=5_000_000, tally=tally)
    sys.stdout.write(f"{tally}\n")
    return 0


def _numbers(first: int, seconds: float, tally: Tally) -> Iterator[int]:
    """Case numbers, until so much CPU time is spent; tells each minute where it is."""
    begun = told = time.process_time()
    for number in itertools.count(first):
        now = time.process_time()
        if now - begun >= seconds:
            return
        if now - told >= 60:
            told = now
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            sys.stderr.write(f"{now - begun:.0f} s of CPU, peak {peak:.0f} MB, before case {number}: {tally}\n")
        yield number


PSEUDONYMS = Pseudonymizer(b"k" * 32)

if __name__ == "__main__":
    sys.exit(_main())
