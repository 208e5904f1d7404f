"""Cooked HTML becomes text: the writer's own words, code kept apart, nobody named."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.cooked import cooked_to_text
from scraper.pseudonyms import Pseudonymizer
from store.text import split_code

PSEUDONYMS = Pseudonymizer(b"k" * 32)


def text_of(html: str) -> str:
    return cooked_to_text(html, PSEUDONYMS.mask)


def test_code_blocks_are_fenced_with_their_language() -> None:
    text = text_of(
        '<p>Try:</p><pre><code class="lang-python hljs">@wraps\ndef f():\n    return 1\n</code></pre><p>ok</p>'
    )

    assert text == "Try:\n\n```python\n@wraps\ndef f():\n    return 1\n```\n\nok"
    assert split_code(text) == ("Try:\n\nok", "@wraps\ndef f():\n    return 1")


@pytest.mark.parametrize("language", ["auto", "nohighlight", "plaintext"])
def test_a_language_that_says_nothing_is_left_out(language: str) -> None:
    assert text_of(f'<pre><code class="lang-{language}">x</code></pre>') == "```\nx\n```"


def test_quotes_previews_and_pictures_are_dropped() -> None:
    html = """
      <aside class="quote no-group" data-username="eve"><blockquote><p>their words</p></blockquote></aside>
      <p>my words</p>
      <aside class="onebox githubrepo"><article>a preview</article></aside>
      <div class="lightbox-wrapper"><a class="lightbox" href="x"><div class="meta">shot.png 10 KB</div></a></div>
      <script>alert(1)</script><style>p {}</style><!-- note -->
    """
    assert text_of(html) == "my words"


def test_a_markdown_quote_stays_marked_as_one() -> None:
    assert text_of("<blockquote><p>CUDA out of memory</p></blockquote><p>help</p>") == "> CUDA out of memory\n\nhelp"


def test_mentions_become_pseudonyms_also_when_split_over_tags() -> None:
    text = text_of('<p><a class="mention" href="/u/bob">@bob</a> and @B<b>ob</b>, mail a@b.example</p>')

    name = PSEUDONYMS.name("bob")
    assert text == f"@{name} and @{name}, mail a@b.example"


def test_inline_code_emoji_lists_tables_and_details_are_readable() -> None:
    html = (
        '<p>Use <code>pip install x</code> <img class="emoji" alt=":wave:"></p>'
        "<ol><li>one<ul><li>sub</li></ul></li><li><p>two</p></li></ol>"
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td></td></tr></table>"
        "<details><summary>More</summary>inside</details>line<br>next"
    )
    assert text_of(html) == (
        "Use `pip install x` :wave:\n\n1. one\n  - sub\n2. two\n\na | b\n1 |\n\nMore\ninside\n\nline\nnext"
    )


@pytest.mark.parametrize(
    ("href", "shown"),
    [
        ("https://huggingface.co/acme/bert-tiny/tree/main", "this (acme/bert-tiny)"),
        ("https://huggingface.co/datasets/acme/rows", "this"),
        ("https://huggingface.co/docs/transformers", "this"),
        ("https://example.org/acme/bert-tiny", "this"),
        ("http://[bad", "this"),
    ],
)
def test_a_link_to_a_model_keeps_its_id(href: str, shown: str) -> None:
    assert text_of(f'<a href="{href}">this</a>') == shown


def test_prose_cannot_open_a_fence() -> None:
    prose, code = split_code(text_of("<p>```python</p><p>my words</p>"))

    assert code == ""
    assert "my words" in prose


@pytest.mark.parametrize("tag", ["div", "blockquote", "ul><li", "b", "table><tr><td"])
@pytest.mark.parametrize("depth", [3, 200, 20_000])
def test_deep_nesting_is_survived_and_hides_nothing(tag: str, depth: int) -> None:
    text = text_of(f"<p>before</p>{f'<{tag}>' * depth}deep @alice &amp; more <p>after</p>")

    assert re.sub(r"[^\w&@-]+", " ", text).replace("- ", "").split() == [
        "before", "deep", f"@{PSEUDONYMS.name('alice')}", "&", "more", "after",
    ]  # fmt: skip


TAGS = ["p", "b", "code", "pre", "ul", "li", "ol", "table", "tr", "td", "a", "blockquote", "aside", "div", "br", "img"]
pieces = st.one_of(
    st.sampled_from(
        [f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["<![", "<!--", "&lt;", "&#0;", "`"]
    ),
    st.sampled_from(["@alice", "x@alice", "_@alice_", "@", "alice", "```", "\n", " ", "<pre><code class='lang-"]),
    st.text(max_size=8),
)


@given(st.lists(pieces, max_size=25))
def test_no_html_makes_it_fail(parts: list[str]) -> None:
    text = text_of("".join(parts))

    text.encode("utf-8")
    assert "\x00" not in text


prose_pieces = st.lists(
    st.sampled_from(["@alice", "<b>", "</b>", "<p>", "</p>", " ", "(", ".", "_", "@al<i>ice</i>", "é"])
)


@given(prose_pieces)
def test_no_name_is_left_in_prose(parts: list[str]) -> None:
    left = text_of("".join(parts))

    assert not re.search(r"@al", left)


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), min_size=1).filter(str.strip),
    st.sampled_from(["", "```", "@bob", "text"]),
)
def test_code_survives_whatever_it_holds(code: str, around: str) -> None:
    escaped = code.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    _, kept = split_code(text_of(f"<p>{around}</p><pre><code>{escaped}</code></pre><p>{around}</p>"))

    assert kept.strip() == code.strip("\n").rstrip().strip()
