"""What the service needs of a fitted bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from store.values import Classification, Label, PostInput


class Taxonomy(Protocol):
    """Labels with the name and version that they go by."""

    @property
    def labels(self) -> Sequence[Label]:
        """Categories and leaves."""

    @property
    def ref(self) -> str:
        """Name and version, `ptm-reuse@1`."""


class FamilyNames(Protocol):
    """Model families and the spellings that they go by."""

    @property
    def names(self) -> Sequence[str]:
        """Names of all families."""

    def canonical(self, name: str) -> str:
        """Name of the family that a spelling stands for."""


class Model(Protocol):
    """A bundle that labels posts; it is called from one thread at a time."""

    @property
    def id(self) -> str:
        """Id of the bundle."""

    @property
    def taxonomy(self) -> Taxonomy:
        """The labels that it gives."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What was written down when it was fitted."""

    def classify(self, posts: Sequence[PostInput]) -> Sequence[Classification]:
        """One answer per post, in order."""

    def explain(self, posts: Sequence[PostInput], answers: Sequence[Classification]) -> Sequence[Classification]:
        """The answers with reasons; may be called beside `classify`."""
