"""How the command line fails: one line that says what is wrong and what to do, and an exit status for scripts.

1: the work could not be done (a site or database that does not answer); 2: a flag, file or setting is wrong;
3: what the command needs has not been made yet.
"""

from __future__ import annotations


class BadInputError(Exception):
    """A flag, file or setting that cannot be used."""


class NotMadeYetError(Exception):
    """What the command needs has not been made yet."""


def exit_code_of(error: BaseException) -> int | None:
    """Exit status for an error that the person can mend, None for one that is a fault of the program."""
    from classifier.advice import AdviceError  # only after something failed: these imports take seconds
    from classifier.bundle import BundleError
    from classifier.embedder import EmbedderError
    from classifier.evaluate import EvaluationError
    from classifier.families import RegistryError
    from classifier.fit import FitError
    from classifier.heldout import HeldOutError
    from classifier.real import RealError
    from classifier.rows import RowError
    from classifier.taxonomy import TaxonomyError
    from classifier.weights import WeightsError
    from forumlens.client.channel import ClientError
    from forumlens.tell.webhook import WebhookError
    from scraper.errors import FileError, ScraperError
    from scraper.replay import DumpError, PortError
    from service.access import TokenFileError
    from service.errors import ServerError
    from store.database import DatabaseError

    wrong = (
        BadInputError,
        FileError,
        RowError,
        TaxonomyError,
        RegistryError,
        FitError,
        EvaluationError,
        DumpError,
        RealError,
        TokenFileError,
        AdviceError,
    )
    failed = (
        ScraperError,
        DatabaseError,
        BundleError,
        HeldOutError,
        EmbedderError,
        WeightsError,
        PortError,
        ServerError,
        ClientError,
        WebhookError,
    )
    if isinstance(error, NotMadeYetError):
        return 3
    if isinstance(error, wrong):
        return 2
    return 1 if isinstance(error, failed) else None
