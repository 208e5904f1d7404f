import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from classifier.families import Everyday, Family, RegistryError
from classifier.mentions import Registry

FAMILIES = (
    Family("bert", ("m-bert",), ("Bert",)),
    Family("roberta", (), ("Roberta",)),
    Family("xlm-roberta", ("xlm-r",), ("XLMRoberta",)),
    Family("distilbert", (), ("DistilBert",)),
    Family("gpt2", ("gpt-2",), ("GPT2",)),
    Family("gpt_neo", (), ("GPTNeo",)),
    Family("gpt_neox", ("gpt-neox",), ("GPTNeoX",)),
    Family("t5", ("flan-t5",), ("T5",)),
    Family("mt5", (), ("MT5",)),
    Family("llama", ("code-llama",), ("Llama",)),
    Family("wav2vec2", ("wav2vec 2.0",), ("Wav2Vec2",)),
    Family("deberta", (), ("Deberta",)),
    Family("deberta-v2", ("deberta-v3",), ("DebertaV2",)),
    Family("opt", (), ("OPT",), ("opt",)),
    Family("clip", (), ("CLIP",), ("clip",)),
    Family("git", (), ("Git",), ("git",)),
    Family("bloom", ("bloomz", "bigscience/bloom"), ("Bloom",), ("bloom",)),
)
IGNORED = ("llama-index", "llama.cpp", "llama-stack")
REGISTRY = Registry(FAMILIES, IGNORED)
CLEAR_FAMILIES = [family for family in FAMILIES if not family.ambiguous]
CLEAR = Registry(CLEAR_FAMILIES, IGNORED)


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("I quantized llama-2-7b last night", {"llama"}),
        ("Llama2, llama3.1 and LLAMA-13B", {"llama"}),
        ("We tuned Flan T5 XL on receipts", {"t5"}),
        ("flan-t5-xl, t5small, T5-v1_1", {"t5"}),
        ("bert-base-uncased", {"bert"}),
        ("why is BERT's pooler unused?", {"bert"}),
        ("gpt2-medium", {"gpt2"}),
        ("GPT-2, gpt_2 or gpt2xl", {"gpt2"}),
        ("gpt2.", {"gpt2"}),
        ("gpt 3.5 and gpt-2.7", set()),
        ("gpt22", set()),
        ("roberta-large", {"roberta"}),
        ("XLM-RoBERTa", {"xlm-roberta"}),
        ("xlm roberta or xlmroberta", {"xlm-roberta"}),
        ("distilbert", {"distilbert"}),
        ("gpt-neo-2.7B", {"gpt_neo"}),
        ("EleutherAI/gpt-neox-20b", {"gpt_neox"}),
        ("mT5 beside T5", {"mt5", "t5"}),
        ("wav2vec 2.0", {"wav2vec2"}),
        ("facebook/wav2vec2-base-960h", {"wav2vec2"}),
        ("deberta-v3-large", {"deberta-v2"}),
        ("deberta-large", {"deberta"}),
        ("my_bert_model = load()", {"bert"}),
        ("from transformers.models.bert import modeling_bert", {"bert"}),
        ("我用bert模型", {"bert"}),
        ("“BERT”", {"bert"}),
        ("bertopic, bert4rec, albertine, robertal", set()),
        ("don't 5", set()),
        ("I use llama.cpp and llama-index", set()),
        ("llama-index over Llama 2", {"llama"}),
        ("LlamaStack, llamastack", set()),
        ("TFBertModel", {"bert"}),
        ("GPT2LMHeadModel(config)", {"gpt2"}),
        ("T5ForConditionalGeneration", {"t5"}),
        ("XLMRobertaTokenizerFast", {"xlm-roberta"}),
        ("GPTNeoXForCausalLM", {"gpt_neox"}),
        ("AutoModelForCausalLM, AutoTokenizer, AutoConfig", set()),
        ("bertha models a dress", set()),
    ],
)
def test_names_in_prose_and_code(text: str, families: set[str]) -> None:
    assert REGISTRY.families(text) == families


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("an optional step, bitter, eclipse", set()),
        ("you can opt out; the flowers bloom; git clone; a video clip", set()),
        ("and/or, /opt/ml/model, ~/opt/run-2", set()),
        ("docs/git-guide, src/clip-2.py, a/b/opt-1", set()),
        ("https://github.com/someone/git-2", set()),
        ("https://huggingface.co/datasets/someone/clip-300m", set()),
        ("facebook/opt-1.3b", {"opt"}),
        ("try `openai/clip-vit-base-patch32`.", {"clip"}),
        ("microsoft/git-base", {"git"}),
        ("bigscience/bloom is big", {"bloom"}),
        ("bloomz-560m", {"bloom"}),
        ("https://huggingface.co/openai/clip-vit/tree/main", {"clip"}),
        ("OPTForCausalLM", {"opt"}),
        ("CLIPProcessor and CLIPTextModel", {"clip"}),
        ("clipprocessor, .gitconfig", set()),
        ('from_pretrained("bloom")', {"bloom"}),
        ("from_pretrained('/opt/ml/model')", set()),
        ("from_pretrained('./clip/v1')", set()),
        ('pipeline("text-generation", model="someone/opt-tuned")', {"opt"}),
        ("opt-1.3b", {"opt"}),
        ("someone/my-git-llama-3", {"llama"}),
        ("microsoft/git-large on COCO", {"git"}),
        ("someone@example.org:openai/evals.git", set()),
        ("32-bit/64-bit, DNS64/NAT64", set()),
    ],
)
def test_everyday_words_need_a_sign_beside_them(text: str, families: set[str]) -> None:
    assert REGISTRY.families(text) == families


TOLD = Registry(
    (
        *CLEAR_FAMILIES,
        Family("albert", (), ("Albert",), ("albert",), Everyday.NAME),
        Family("lilt", (), ("Lilt",), ("lilt",), written=("LiLT",)),
        Family("opt", (), ("OPT",), ("opt",), unlike=("~ out", "gcc")),
        Family("led", (), ("LED",), ("led",), Everyday.ACRONYM, like=("long document*",), unlike=("light*", "~ to")),
    )
)


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("Fine-tuning OPT on my data", {"opt"}),
        ("the opt tokenizer adds a token", {"opt"}),
        ("OPT 6.7B, opt-30b", {"opt"}),
        ("BERT, OPT and GPT-2 were compared", {"bert", "gpt2", "opt"}),
        ("you can opt out of training the model", set()),
        ("opt = Adam(model)", set()),
        ("opt.step() after the loss", set()),
        ("the files are in /opt/model", set()),
        ("the gcc opt level and the model", set()),
        ("Albert Einstein was born in Ulm", set()),
        ("Hi Albert, which model did you train?", set()),
        ("I fine-tuned ALBERT", {"albert"}),
        ("the albert checkpoint", {"albert"}),
        ("LiLT for forms", {"lilt"}),
        ("spoken with a lilt", set()),
        ("the LED checkpoint for long documents", {"led"}),
        ("the LED lights of the GPU", set()),
        ("training led to NaN", set()),
        ("", set()),
    ],
)
def test_everyday_words_are_told_by_their_context(text: str, families: set[str]) -> None:
    assert TOLD.families(text) == families


def test_a_name_is_likelier_where_its_thread_speaks_of_the_family() -> None:
    assert TOLD.families("mine is opt, it runs") == set()
    assert TOLD.families("mine is opt, the loss is fine", beside={"opt"}) == {"opt"}
    assert TOLD.families("you can opt out", beside={"opt"}) == set()


def test_hits_say_where_and_by_what() -> None:
    (clear, told) = TOLD.hits("BERT or the OPT checkpoint. BERT!")
    assert (clear.family, clear.start, clear.end, clear.cues) == ("bert", 0, 4, ())
    assert (told.family, told.start, told.end) == ("opt", 12, 15)
    assert "model noun after" in told.cues


def test_a_long_log_costs_little() -> None:
    assert TOLD.families("opt " * 200_000 + "bert") == {"bert"}


def test_a_second_table_goes_on_top(tmp_path: Path) -> None:
    first, second = tmp_path / "a.toml", tmp_path / "b.toml"
    first.write_text('[[families]]\nname = "bert"\n[[families]]\nname = "walk"\n')
    second.write_text('ignored = ["bert-score"]\n[[families]]\nname = "walk"\naliases = ["stroll"]\n')
    registry = Registry.load(first, second)
    assert registry.names == ("bert", "walk")
    assert registry.families("stroll with bert, bert-score") == {"walk", "bert"}


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Flan T5", "t5"),
        ("GPT-2", "gpt2"),
        ("gpt-neo", "gpt_neo"),
        ("XLM_RoBERTa", "xlm-roberta"),
        ("opt", "opt"),
        ("  Some New  Model ", "some-new-model"),
        ("llama-index", "llama-index"),
    ],
)
def test_canonical(name: str, family: str) -> None:
    assert REGISTRY.canonical(name) == family


def _spellings() -> list[str]:
    return [spelling for family in FAMILIES for spelling in (family.name, *family.aliases)]


_TEXTS = st.lists(
    st.sampled_from(_spellings()) | st.text("abelmoprt025 .-_/'", max_size=8), max_size=8
).map(" ".join)  # fmt: skip
_UNAMBIGUOUS = {family.name for family in FAMILIES if not family.ambiguous}


@given(_TEXTS)
def test_case_does_not_matter_for_clear_names(text: str) -> None:
    assert CLEAR.families(text.upper()) == CLEAR.families(text)


@given(_TEXTS, st.sampled_from(["maximal", "zebra", "17 ants", "(see below)", "\nhow?\n"]))
def test_plain_words_around_a_text_change_no_clear_name(text: str, word: str) -> None:
    assert CLEAR.families(f"{word}, {text}; {word}") == CLEAR.families(text)


_NAMES = st.from_regex(r"[ab1][ab12]{0,3}([-_ ][ab12]{1,2}){0,2}", fullmatch=True)
_TABLES = st.dictionaries(_NAMES, st.lists(_NAMES, max_size=2), min_size=1, max_size=5)
_LOOSE = st.text("abAB12-_ ./xé", max_size=40)


@given(_TABLES, st.lists(_NAMES | _LOOSE, max_size=8))
def test_the_automaton_finds_what_a_slow_reading_of_the_rules_finds(
    table: dict[str, list[str]], parts: list[str]
) -> None:
    try:
        registry = Registry([Family(name, tuple(aliases)) for name, aliases in table.items()])
    except RegistryError:
        assume(False)
    for text in ("".join(parts), " ".join(parts)):
        assert registry.families(text) == _slowly(table, text)


def _slowly(table: dict[str, list[str]], text: str) -> set[str]:
    """The rules for names, one regular expression an alias, tried at each start of a word, the longest first."""
    word = r"[0-9a-zà-öø-ÿ]"
    sizes = "(?:base|small|medium|large|tiny|mini|xxl|xl)?"
    after_digit = rf"(?![0-9])(?!\.[1-9]){sizes}(?!{word})"
    after_letter = rf"(?:v?[0-9]+(?:[._][0-9]+)*(?:x[0-9]+)?[bmk]?)?{sizes}(?!{word})"
    rows = []
    for family, aliases in table.items():
        for spelling in (family, *aliases):
            pieces = re.split(r"[-_ ]", spelling)
            tail = after_digit if spelling[-1].isdigit() else after_letter
            rows.append((len("".join(pieces)), re.compile("[-_ ]?".join(pieces) + tail), family))
    rows.sort(key=lambda row: -row[0])
    found, position, lower = set(), 0, text.lower()
    while position < len(lower):
        hits = [(match, family) for _, pattern, family in rows if (match := pattern.match(lower, position))]
        if hits and (not position or not re.match(word, lower[position - 1])):
            found.add(hits[0][1])
            position = hits[0][0].end()
        else:
            position += 1
    return found


@given(st.sampled_from(_spellings()), st.sampled_from("xyzwéß"))
def test_a_name_inside_a_longer_word_is_none(spelling: str, letter: str) -> None:
    assert REGISTRY.families(f"q{letter}{spelling.replace('-', '').replace('_', '').split('/')[-1]}{letter}q") == set()


@given(st.sampled_from(_spellings()), st.sampled_from(["{}", "the {} model", "org/{}-large", "`{}`", "{}-7b", "{},"]))
def test_every_clear_name_is_found_as_its_own_family(spelling: str, frame: str) -> None:
    family = REGISTRY.canonical(spelling)
    if family in _UNAMBIGUOUS:
        assert REGISTRY.families(frame.format(spelling)) == {family}


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert REGISTRY.families(text) <= set(REGISTRY.names)


def test_load_reads_a_table_and_its_key_follows_the_content(tmp_path: Path) -> None:
    path = tmp_path / "families.toml"
    path.write_text(
        'ignored = ["bert-score"]\n'
        '[[families]]\nname = "bert"\naliases = ["m-bert"]\nclasses = ["Bert"]\n'
        '[[families]]\nname = "sam"\nclasses = ["SamModel"]\nambiguous = true\n'
    )
    first = Registry.load(path)
    assert first.names == ("bert", "sam")
    assert first.families("mbert, not bert-score; sam; SamModel") == {"bert", "sam"}
    assert first.families("bert-score for sam, SamProcessor") == set()
    assert Registry.load(path).key == first.key
    path.write_text(path.read_text().replace("m-bert", "multi-bert"))
    assert Registry.load(path).key != first.key


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name = ", "not a TOML file"),
        ("", "no families"),
        ("[[families]]\naliases = ['x']\n", "name is None"),
        ("[[families]]\nname = 'x'\naliases = 'y'\n", "aliases is 'y'"),
        ("[[families]]\nname = 'x'\nambiguous = ['y']\n", "ambiguous lists"),
        ("[[families]]\nname = 'x'\neveryday = 'verb'\n", "everyday is 'verb'"),
        ("[[families]]\nname = '!x'\n", "does not begin"),
        ("[[families]]\nname = 'x-y'\n[[families]]\nname = 'xy'\n", "belongs to x-y and to xy"),
        ("ignored = ['xy']\n[[families]]\nname = 'x-y'\n", "is an alias too"),
    ],
)
def test_a_wrong_table_is_named(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "families.toml"
    path.write_text(content)
    with pytest.raises(RegistryError, match=said):
        Registry.load(path)
