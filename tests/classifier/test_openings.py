from hypothesis import given
from hypothesis import strategies as st

from classifier.features import take_apart
from classifier.openings import repeated_lines, topic_text, without_repeated
from store.values import PostInput

TEXTS = st.lists(st.lists(st.sampled_from(["### Bug", "bug", "it fails", "", "1.2.3", "Hm?"]), max_size=6), max_size=8)


def test_topic_text_holds_title_and_prose() -> None:
    post = PostInput(id="1", title="Out of memory", body="It stops at step 3.\n```\nx = 1\n```")
    assert topic_text(post) == take_apart(post).views[0]
    assert "Out of memory" in topic_text(post)
    assert "step 3" in topic_text(post)
    assert "x = 1" not in topic_text(post)


def test_headings_of_a_template_are_found_however_they_are_marked() -> None:
    forms = ["### Describe the bug:", "**Describe the bug**", "describe the bug 1."]
    texts = [f"title {number}\n{form}\nwhat {'abc'[number]} said" for number, form in enumerate(forms)]
    repeated = repeated_lines(texts, 3)
    assert len(repeated) == 1
    assert [without_repeated(text, repeated) for text in texts] == [
        "title 0\nwhat a said",
        "title 1\nwhat b said",
        "title 2\nwhat c said",
    ]
    assert repeated_lines(texts, 4) == frozenset()


def test_titles_stay_and_count_for_nothing() -> None:
    texts = ["Out of memory\nmine"] * 5
    repeated = repeated_lines(texts, 5)
    assert without_repeated("Out of memory\nMine!", repeated) == "Out of memory"
    assert repeated_lines(["Out of memory"] * 5, 5) == frozenset()


def test_no_text_is_kept() -> None:
    (key,) = repeated_lines(["a\nsecret words", "b\nsecret words"], 2)
    assert len(key) == 16 and int(key, 16)


@given(TEXTS, st.integers(1, 4))
def test_what_is_left_is_what_was_there_less_the_repeated(texts: list[list[str]], least: int) -> None:
    joined = ["\n".join(lines) for lines in texts]
    repeated = repeated_lines(joined, least)
    for text in joined:
        left = without_repeated(text, repeated)
        assert left.split("\n")[0] == text.split("\n")[0]
        assert without_repeated(left, repeated) == left
        assert set(left.split("\n")) <= set(text.split("\n"))
    assert all(without_repeated(text, frozenset()) == text for text in joined)
