"""A dump served as a Discourse forum or as the model API of the Hub, with their real manners.

For the demonstration, the tests and bug reports: what reads the real thing can be pointed at a replay of it.
"""

from scraper.replay.faults import Fault, FaultPlan
from scraper.replay.forum import forum_app
from scraper.replay.hub import hub_app
from scraper.replay.limits import ForumLimits, HubLimits
from scraper.replay.server import PortError, ServerError, running, serve
from scraper.replay.spool import DumpError
from scraper.replay.tape import tape_app

__all__ = [
    "DumpError",
    "Fault",
    "FaultPlan",
    "ForumLimits",
    "HubLimits",
    "PortError",
    "ServerError",
    "forum_app",
    "hub_app",
    "running",
    "serve",
    "tape_app",
]
