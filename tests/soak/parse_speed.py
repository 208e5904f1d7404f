"""How fast posts become text: megabytes of cooked HTML a second of CPU time.

python -m tests.soak.parse_speed threads.jsonl.gz
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from scraper.cooked import cooked_to_text
from scraper.pseudonyms import Pseudonymizer
from scraper.replay.spool import read_lines


def _main() -> int:
    mask = Pseudonymizer(b"k" * 32).mask
    posts = size = 0
    spent = 0.0
    for _, _, body in read_lines(Path(sys.argv[1])):
        cooked = [post.get("cooked") or "" for post in body.get("post_stream", {}).get("posts", ())]
        begun = time.process_time()
        for html in cooked:
            cooked_to_text(html, mask)
        spent += time.process_time() - begun
        posts += len(cooked)
        size += sum(len(html.encode()) for html in cooked)
    sys.stdout.write(
        f"{posts} posts, {size / 1e6:.1f} MB: {size / 1e6 / spent:.1f} MB/s, {posts / spent:.0f} posts/s\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(_main())
