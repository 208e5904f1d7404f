from pathlib import Path

from classifier.families import Family
from classifier.mentions import Registry
from classifier.newfamilies import everyday_words, new_families, to_toml

KNOWN = Registry([Family("bert", ("m-bert",), ("Bert",))])
COUNTS = {"bert": 900, "m_bert": 5, "zyqlm-2": 40, "zyqlm_2": 2, "river stone": 30, "abc": 7, "quoll3d": 3, "-x": 9}


def test_what_the_table_lacks_the_most_uploaded_first() -> None:
    found = new_families(COUNTS, KNOWN, {"river", "stone"})
    assert [(family.name, family.models, family.ambiguous) for family in found] == [
        ("zyqlm-2", 42, False),
        ("river stone", 30, True),
        ("abc", 7, True),
        ("quoll3d", 3, False),
    ]
    assert [family.name for family in new_families(COUNTS, KNOWN, (), least=30)] == ["zyqlm-2", "river stone"]


def test_the_table_that_is_written_can_be_used_on_top(tmp_path: Path) -> None:
    base, own = tmp_path / "base.toml", tmp_path / "own.toml"
    base.write_text('[[families]]\nname = "bert"\naliases = ["m-bert"]\n')
    own.write_text(to_toml(new_families(COUNTS, KNOWN, {"river", "stone"})))
    registry = Registry.load(base, own)
    assert registry.families("zyqlm-2-7b beside bert, on a river stone") == {"zyqlm-2", "bert"}
    assert registry.families("the river stone checkpoint; Quoll3dForCausalLM") == {"river stone", "quoll3d"}
    assert new_families(COUNTS, registry, ()) == []


def test_common_words_are_known() -> None:
    assert {"falcon", "bloom", "clip"} <= everyday_words()
