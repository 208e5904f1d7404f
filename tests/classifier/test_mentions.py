from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.mentions import Family, Registry, RegistryError

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
IGNORED = ("llama-index", "llama.cpp")
REGISTRY = Registry(FAMILIES, IGNORED)


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
        ("opt-1.3b", set()),
    ],
)
def test_everyday_words_need_a_sign_beside_them(text: str, families: set[str]) -> None:
    assert REGISTRY.families(text) == families


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
def test_case_does_not_matter(text: str) -> None:
    assert REGISTRY.families(text.upper()) == REGISTRY.families(text)


@given(_TEXTS, st.sampled_from(["maximal", "zebra", "17 ants", "(see below)", "\nhow?\n"]))
def test_plain_words_around_a_text_change_nothing(text: str, word: str) -> None:
    assert REGISTRY.families(f"{word}, {text}; {word}") == REGISTRY.families(text)


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
