"""The sitemap names every public thread, whatever address it is reached through, and cannot do harm."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scraper.errors import SitemapError, StatusError
from scraper.http import PoliteClient
from scraper.sitemap import MappedThread, read_sitemap
from tests.scraper.site import Answer, FakeTime, Site

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def client_of(site: Site, path: str = "") -> PoliteClient:
    fake = FakeTime()
    return PoliteClient(site.url + path, rate=0, retries=1, sleep=fake.sleep, clock=fake.clock)


def maps(*places: str) -> Answer:
    entries = "".join(f"<sitemap><loc>{place}</loc></sitemap>" for place in places)
    return Answer(body=f'<?xml version="1.0"?>\n<sitemapindex {NS}>{entries}</sitemapindex>')


def threads(*places: str) -> Answer:
    entries = "".join(f"<url><loc>{place}</loc><lastmod>2024-05-01T10:00:00Z</lastmod></url>" for place in places)
    return Answer(body=f'<?xml version="1.0"?>\n<urlset {NS}>{entries}</urlset>')


def test_all_maps_are_read_but_for_excerpts(site: Site) -> None:
    home = "https://forum.example"
    site.routes["/sitemap.xml"] = maps(f"{home}/sitemap_recent.xml", f"{home}/sitemap_1.xml", f"{home}/sitemap_2.xml")
    site.routes["/sitemap_1.xml"] = threads(f"{home}/t/some-slug/7", f"{home}/t/-/8", f"{home}/c/models/3", f"{home}/")
    site.routes["/sitemap_2.xml"] = threads(f"{home}/t/9?page=2", f"{home}/t/a%20b/10")

    found = list(read_sitemap(client_of(site)))
    assert [item.external_id for item in found] == ["7", "8", "9", "10"]
    assert found[0] == MappedThread("7", datetime(2024, 5, 1, 10, tzinfo=UTC))
    assert "/sitemap_recent.xml" not in site.paths()


def test_a_forum_below_a_path_is_mapped_there(site: Site) -> None:
    site.routes["/forum/sitemap.xml"] = maps("https://forum.example/forum/sitemap_1.xml")
    site.routes["/forum/sitemap_1.xml"] = threads("https://forum.example/forum/t/x/7")

    assert [item.external_id for item in read_sitemap(client_of(site, "/forum"))] == ["7"]


@pytest.mark.parametrize(
    "body",
    [
        "<html><p>Not a map",
        "",
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><urlset>&b;</urlset',
    ],
)
def test_what_is_no_sitemap_is_a_clear_error(site: Site, body: str) -> None:
    site.routes["/sitemap.xml"] = Answer(body=body)
    with pytest.raises(SitemapError, match="cannot be read"):
        list(read_sitemap(client_of(site)))


def test_entities_are_not_followed(site: Site) -> None:
    body = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "https://f/t/x/7">]>'
    site.routes["/sitemap.xml"] = Answer(body=f"{body}<urlset {NS}><url><loc>&b;</loc></url></urlset>")

    assert list(read_sitemap(client_of(site))) == []


def test_a_site_without_one_says_so(site: Site) -> None:
    with pytest.raises(StatusError, match="404"):
        list(read_sitemap(client_of(site)))
