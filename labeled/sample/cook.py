"""Markdown-like text to the HTML that Discourse calls "cooked": code, quotes, oneboxes, mentions, emoji, tables."""

import re
from html import escape

from markdown_it import MarkdownIt

EMOJI = frozenset({"tada", "sweat_smile", "slight_smile", "pray", "wave", "wink", "heart", "smile", "frowning"})
_MARKUP = re.compile(r"(<pre>.*?</pre>|<code>.*?</code>|<a .*?</a>|<[^>]+>)", re.DOTALL)
_MENTION = re.compile(r"(?<![\w.@/])@([A-Za-z0-9_](?:[\w.-]*\w)?)")
_SHORTCODE = re.compile(r":([a-z_]+):")
_BARE_LINK = re.compile(r"<p>(https?://([^/\s<]+)(/[^\s<]*)?)</p>")


def cook(text: str) -> str:
    """Return the cooked HTML of a markdown-like text, as a Discourse of 2024 would give it."""
    markdown = MarkdownIt("commonmark", {"breaks": True, "xhtmlOut": False}).enable("table")
    html = markdown.render(text)
    html = html.replace('<code class="language-', '<code class="lang-')
    html = html.replace("<pre><code>", '<pre><code class="lang-auto">')
    html = html.replace("<table>", '<div class="md-table">\n<table>').replace("</table>", "</table>\n</div>")
    html = _BARE_LINK.sub(_onebox, html)
    return _outside_markup(html).strip()


def quote_of(cooked: str, username: str, post_number: int, topic_id: int) -> str:
    """Return the quote block that a reply shows above its own words: the first paragraph of the quoted post."""
    first = re.search(r"<p>.*?</p>", cooked, re.DOTALL)
    return (
        f'<aside class="quote no-group" data-username="{escape(username)}" data-post="{post_number}"'
        f' data-topic="{topic_id}">\n<div class="title">\n<div class="quote-controls"></div>\n'
        f'<img alt="" width="24" height="24" src="/letter_avatar/{escape(username)}/48/1.png" class="avatar">'
        f" {escape(username)}:</div>\n<blockquote>\n{first.group(0) if first else ''}\n</blockquote>\n</aside>\n"
    )


def _outside_markup(html: str) -> str:
    parts = _MARKUP.split(html)
    return "".join(
        part if index % 2 else _SHORTCODE.sub(_emoji, _MENTION.sub(_mention, part)) for index, part in enumerate(parts)
    )


def _mention(match: re.Match[str]) -> str:
    name = match.group(1)
    return f'<a class="mention" href="/u/{name.lower()}">@{name}</a>'


def _emoji(match: re.Match[str]) -> str:
    name = match.group(1)
    if name not in EMOJI:
        return match.group(0)
    return f'<img src="/images/emoji/twitter/{name}.png?v=12" title=":{name}:" class="emoji" alt=":{name}:">'


def _onebox(match: re.Match[str]) -> str:
    url, host, path = match.group(1), match.group(2), match.group(3) or ""
    title = path.rstrip("/").rpartition("/")[2].replace("-", " ").capitalize() or host
    return (
        f'<aside class="onebox allowlistedgeneric" data-onebox-src="{url}">\n  <header class="source">\n'
        f'      <a href="{url}" target="_blank" rel="noopener nofollow ugc">{host}</a>\n  </header>\n'
        f'  <article class="onebox-body">\n<h3><a href="{url}" target="_blank" rel="noopener nofollow ugc">{title}</a>'
        "</h3>\n  <p>A preview that the forum fetched, nobody's own words.</p>\n  </article>\n"
        '  <div style="clear: both"></div>\n</aside>'
    )
