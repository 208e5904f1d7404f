"""The sample forum and Hub: made again they are the same, shaped as the real sources, and true to truth.json."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from labeled.sample import make_forum, make_hub
from labeled.sample.drafts import HERE, DraftError, load_threads
from labeled.sample.output import AUTHORED_TAG, MONTHS

Body = dict[str, Any]
FORM = {
    "bart": r"bart|facebook/bart-|Bart[A-Z]",
    "bert": r"bert|(?:TF)?Bert[A-Z]",
    "bloom": r"BLOOM|bigscience/bloom-|Bloom[A-Z]",
    "clip": r"CLIP|openai/clip-|CLIP[A-Z]",
    "distilbert": r"distilbert|(?:TF)?DistilBert[A-Z]",
    "gpt2": r"gpt-?2|GPT2[A-Z]",
    "layoutlmv3": r"layoutlmv3|LayoutLMv3[A-Z]",
    "llama": r"llama|Llama[A-Z]",
    "mistral": r"mistral|Mistral[A-Z]",
    "opt": r"OPT|facebook/opt-|OPT[A-Z]",
    "pegasus": r"pegasus|Pegasus[A-Z]",
    "qwen2": r"qwen2|Qwen2[A-Z]",
    "roberta": r"roberta|Roberta[A-Z]",
    "segformer": r"segformer|Segformer[A-Z]",
    "t5": r"t5|T5[A-Z]",
    "vit": r"ViT|google/vit-|ViT[A-Z]",
    "wav2vec2": r"wav2vec2|Wav2Vec2[A-Z]",
    "whisper": r"whisper|Whisper[A-Z]",
}
WORDS_TOO = {"bloom", "clip", "opt", "vit"}


@pytest.fixture(scope="module")
def lines() -> list[Body]:
    return read(HERE / "forum.jsonl.gz")


@pytest.fixture(scope="module")
def threads(lines: list[Body]) -> list[Body]:
    return lines[1:]


@pytest.fixture(scope="module")
def models() -> list[Body]:
    return read(HERE / "hub.jsonl.gz")


@pytest.fixture(scope="module")
def truth() -> Body:
    loaded: Body = json.loads((HERE / "truth.json").read_text(encoding="utf-8"))
    return loaded


def read(path: Path) -> list[Body]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def moment(text: str) -> datetime:
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    assert time.tzinfo == UTC
    return time


def posts_of(threads: list[Body]) -> Iterator[tuple[Body, Body]]:
    return ((thread, post) for thread in threads for post in thread["post_stream"]["posts"])


def own_text(post: Body) -> str:
    without_quotes = re.sub(r"<aside.*?</aside>", " ", post["cooked"], flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", without_quotes))


def mentioned(text: str) -> set[str]:
    found = set()
    for family, form in FORM.items():
        name, *exact = form.split("|")
        word = re.compile(rf"(?<![A-Za-z0-9]){name}(?![A-Za-z])", 0 if family in WORDS_TOO else re.IGNORECASE)
        if word.search(text) or any(re.search(rf"(?<![A-Za-z0-9]){part}", text) for part in exact):
            found.add(family)
    return found


def tag_names(tags: list[Any]) -> list[str]:
    return [tag if isinstance(tag, str) else tag["name"] for tag in tags]


@pytest.mark.parametrize("make", [make_forum.main, make_hub.main])
def test_made_twice_the_bytes_are_the_same(make: Callable[[Path], None], tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        make(folder)
    names = sorted(path.name for path in one.iterdir())
    assert len(names) == 2
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in names)


def test_committed_files_are_what_the_scripts_make(tmp_path: Path) -> None:
    make_forum.main(tmp_path)
    make_hub.main(tmp_path)
    for name in ("forum.jsonl.gz", "hub.jsonl.gz"):
        assert gzip.decompress((tmp_path / name).read_bytes()) == gzip.decompress((HERE / name).read_bytes())
    assert (tmp_path / "truth.json").read_bytes() == (HERE / "truth.json").read_bytes()


def test_a_draft_with_an_unknown_field_is_named(tmp_path: Path) -> None:
    file = tmp_path / "odd.toml"
    file.write_text('[[thread]]\ntitle = "Odd"\ncolour = "red"\n[[thread.post]]\nby = "a"\nlabels = []\ntext = "x"\n')
    with pytest.raises(DraftError, match=r"Odd.*colour"):
        load_threads(str(file), "authored")


def test_categories_hold_every_thread_and_count_the_visible(lines: list[Body], truth: Body) -> None:
    top = lines[0]["category_list"]["categories"]
    nested = [child for parent in top for child in parent.get("subcategory_list", [])]
    assert len(top) >= 6 and nested
    assert all(child["parent_category_id"] in {parent["id"] for parent in top} for child in nested)
    by_id = {category["id"]: category for category in [*top, *nested]}
    assert set(by_id) == {category["id"] for category in truth["forum"]["categories"]}
    visible = Counter(thread["category_id"] for thread in lines[1:] if thread["visible"])
    assert visible == {key: category["topic_count"] for key, category in by_id.items() if category["topic_count"]}


def test_streams_are_whole_and_in_order(threads: list[Body]) -> None:
    for thread in threads:
        posts, stream = thread["post_stream"]["posts"], thread["post_stream"]["stream"]
        numbers = [post["post_number"] for post in posts]
        assert stream == [post["id"] for post in posts] == sorted(stream)
        assert numbers == sorted(set(numbers)) and numbers[0] == 1
        assert thread["posts_count"] == len(posts) and thread["highest_post_number"] >= numbers[-1]
        assert {post["topic_id"] for post in posts} == {thread["id"]}
        assert {post["topic_slug"] for post in posts} == {thread["slug"]}
        assert all(
            post["reply_to_post_number"] is None or post["reply_to_post_number"] < post["post_number"] for post in posts
        )
    ids = [post["id"] for _, post in posts_of(threads)]
    assert len(set(ids)) == len(ids)
    assert [thread["id"] for thread in threads] == sorted({thread["id"] for thread in threads})


def test_times_rise_inside_the_eighteen_months(threads: list[Body], truth: Body) -> None:
    months = {row["id"]: row["month"] for row in truth["forum"]["threads"]}
    for thread in threads:
        posts = thread["post_stream"]["posts"]
        created = [moment(post["created_at"]) for post in posts]
        assert created == sorted(created)
        assert thread["created_at"] == posts[0]["created_at"]
        assert thread["last_posted_at"] == thread["bumped_at"] == posts[-1]["created_at"]
        assert thread["created_at"][:7] == months[thread["id"]]
        assert all(time < datetime(2025, 7, 1, tzinfo=UTC) for time in created)
        assert all(moment(post["updated_at"]) >= moment(post["created_at"]) for post in posts)
        assert all((post["version"] > 1) or post["updated_at"] == post["created_at"] for post in posts)


def test_all_of_it_is_marked_as_authored(threads: list[Body], models: list[Body]) -> None:
    assert all(AUTHORED_TAG in tag_names(thread["tags"]) for thread in threads)
    assert all(AUTHORED_TAG in model["tags"] for model in models)
    assert all(model["id"].partition("/")[0].endswith("-sample") for model in models)
    assert {type(tag) for thread in threads for tag in thread["tags"]} == {str, dict}


def test_every_state_of_a_real_forum_occurs(threads: list[Body]) -> None:
    posts = [post for _, post in posts_of(threads)]
    lengths = sorted(thread["posts_count"] for thread in threads)
    html = "".join(post["cooked"] for post in posts)
    assert lengths[-1] > 60 and lengths[-3] > 20 and lengths[0] == 1
    assert sum(thread["highest_post_number"] > thread["posts_count"] for thread in threads) >= 1
    assert sum(thread["pinned_globally"] for thread in threads) == 1
    assert sum(thread["closed"] for thread in threads) == 1
    assert sum(not thread["visible"] for thread in threads) == 1
    assert any(post["post_type"] == 3 and post["action_code"] for post in posts)
    assert any(post["version"] > 1 and post["updated_at"] > post["created_at"] for post in posts)
    for piece in (
        '<aside class="quote',
        '<aside class="onebox',
        '<a class="mention" href="/u/',
        'class="emoji"',
        '<pre><code class="lang-python">',
        '<pre><code class="lang-auto">',
        "<table>",
        "<details>",
    ):
        assert piece in html


def test_an_accepted_answer_is_one_of_the_posts(threads: list[Body]) -> None:
    answered = [thread for thread in threads if "accepted_answer" in thread]
    assert len(answered) >= 20
    for thread in threads:
        accepted = [post["post_number"] for post in thread["post_stream"]["posts"] if post["accepted_answer"]]
        assert accepted == ([thread["accepted_answer"]["post_number"]] if "accepted_answer" in thread else [])


def test_families_of_the_truth_are_those_of_the_text(threads: list[Body], truth: Body) -> None:
    known = {row["id"]: set(row["families"]) for row in truth["forum"]["threads"]}
    for thread in threads:
        text = "\n".join(own_text(post) for post in thread["post_stream"]["posts"])
        assert mentioned(text) == known[thread["id"]], thread["title"]
        assert mentioned(thread["title"]) <= known[thread["id"]], thread["title"]


def test_labels_of_the_truth_cover_the_regular_posts_with_known_leaves(threads: list[Body], truth: Body) -> None:
    taxonomy = (HERE.parent / "taxonomy.toml").read_text(encoding="utf-8")
    leaves = set(re.findall(r'^id\s*=\s*"([^"]+)"', taxonomy, flags=re.MULTILINE))
    rows = {row["id"]: row["labels"] for row in truth["forum"]["threads"]}
    used = set()
    for thread in threads:
        regular = [str(post["post_number"]) for post in thread["post_stream"]["posts"] if post["post_type"] == 1]
        assert sorted(rows[thread["id"]], key=int) == regular
        used |= {leaf for labels in rows[thread["id"]].values() for leaf in labels}
    assert used <= leaves
    assert len({leaf.partition("/")[0] for leaf in used}) >= 22


def test_monthly_counts_of_the_truth_follow_from_the_files(
    threads: list[Body], models: list[Body], truth: Body
) -> None:
    visible = [thread for thread in threads if thread["visible"]]
    forum, hub = truth["forum"], truth["hub"]
    assert forum["visible"]["threads"] == len(visible)
    assert forum["visible"]["posts"] == sum(thread["posts_count"] for thread in visible)
    assert forum["monthly"]["threads"] == months_of(thread["created_at"] for thread in visible)
    assert hub["monthly"]["uploads"] == months_of(model["createdAt"] for model in models)
    carded = [model for model in models if {"rfilename": "README.md"} in model["siblings"]]
    assert hub["monthly"]["with_card"] == months_of(model["createdAt"] for model in carded)
    berts = [model for model in models if model.get("config") == {"model_type": "bert"}]
    assert hub["monthly"]["families"]["bert"] == months_of(model["createdAt"] for model in berts)


def months_of(times: Iterator[str]) -> dict[str, int]:
    counts = Counter(time[:7] for time in times)
    return {month: counts[month] for month in MONTHS}


def test_forum_and_hub_share_months_and_disagree_on_some_families(truth: Body) -> None:
    forum, hub = truth["forum"]["monthly"], truth["hub"]["monthly"]
    common = [month for month in MONTHS if forum["threads"][month] and hub["uploads"][month]]
    assert len(common) >= 12
    assert all(row["families"] == [] or row["month"] in MONTHS for row in truth["forum"]["threads"])
    assert rises(hub["families"]["bert"]) and not rises(forum["families"]["bert"])
    assert rises(forum["families"]["mistral"]) and not rises(hub["families"]["mistral"])
    assert rises(forum["families"]["llama"]) and rises(hub["families"]["llama"])


def rises(counts: dict[str, int]) -> bool:
    values = list(counts.values())
    return sum(values[9:]) > sum(values[:9])


def test_models_look_like_the_hubs(models: list[Body], truth: Body) -> None:
    assert len(models) == truth["hub"]["models"] >= 3000
    assert len({model["id"] for model in models}) == len({model["_id"] for model in models}) == len(models)
    assert 0.4 < sum("config" in model for model in models) / len(models) < 0.6
    assert sum(model["createdAt"] == make_hub.UNKNOWN_DATE for model in models) == truth["hub"]["unknown_date"] > 0
    dated = [model["createdAt"] for model in models if model["createdAt"] != make_hub.UNKNOWN_DATE]
    assert {time[:7] for time in dated} == set(MONTHS)
    assert [model["createdAt"] for model in models] == sorted((model["createdAt"] for model in models), reverse=True)
    for model in models:
        has_card = {"rfilename": "README.md"} in model["siblings"]
        assert (model["cardData"] is not None) == has_card
        assert model["downloads"] >= 0 and model["likes"] >= 0


def test_no_post_is_a_training_row(threads: list[Body]) -> None:
    examples = HERE.parent / "examples.jsonl"
    if not examples.exists():
        pytest.skip("labeled/examples.jsonl is not there")
    rows = [json.loads(line) for line in examples.read_text(encoding="utf-8").splitlines() if line.strip()]
    taken = [shingles(row["body"]) for row in rows]
    exact = {normal(row["body"]) for row in rows}
    for thread, post in posts_of(threads):
        if post["post_type"] != 1:
            continue
        words = own_text(post)
        assert normal(words) not in exact, (thread["title"], words)
        mine = shingles(words)
        for row, theirs in zip(rows, taken, strict=True):
            shared = len(mine & theirs)
            assert shared < 8 or shared / min(len(mine), len(theirs)) < 0.3, (thread["title"], row["id"])


def normal(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def shingles(text: str) -> set[str]:
    words = normal(text).split()
    return {" ".join(words[start : start + 4]) for start in range(len(words) - 3)}
