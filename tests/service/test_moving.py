"""What moves is sought once for all reviewers, and again when it may have changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from service.catalog import Shown
from service.triage import MOVING_FOR, MovingThemes
from tests.service.corpus import BUNDLE, END, RUN, Corpus


def test_what_moves_is_kept_for_a_while_and_for_one_bundle_and_run(corpus: Corpus) -> None:
    themes, shown = MovingThemes(), Shown(BUNDLE, RUN)
    first = themes.get(corpus.db, shown, END)
    assert first.new_topics == {1}
    assert themes.get(corpus.db, shown, END + MOVING_FOR) is first
    later = themes.get(corpus.db, shown, END + MOVING_FOR + timedelta(seconds=1))
    assert later is not first and later == first
    assert themes.get(corpus.db, replace(shown, run_id=None), END).new_topics == set()
