"""Crawling a Discourse forum into the store: all of it once, then what is new; killed at any moment, it goes on."""

from scraper.forum.crawl import KNOWN_FORUMS, REREAD, crawl
from scraper.forum.estimate import Estimate, estimate
from scraper.forum.summary import CrawlSummary
from scraper.forum.verify import Completeness, verify

__all__ = ["KNOWN_FORUMS", "REREAD", "Completeness", "CrawlSummary", "Estimate", "crawl", "estimate", "verify"]
