import re

import pytest

from tactus.dsl.loader import load
from tactus.dsl.reference import REFERENCE, TYPES, Word, language, reference, types
from tactus.settings import Limits


def test_the_generated_files_are_fresh() -> None:
    assert TYPES.read_text(encoding="utf-8") == types()
    assert REFERENCE.read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize("word", language().words, ids=lambda word: word.name)
def test_every_word_has_an_example_that_loads_and_uses_it(word: Word) -> None:
    last = re.split(r"[.]", word.name)[-1]
    assert re.search(rf"\b{last}\b", word.example), f"{word.name} has no example of its use"
    load(word.example, f"{word.name}.lua", limits=Limits()).close()


def test_every_exported_word_is_documented() -> None:
    words = {word.name for word in language().words}
    assert {"Agent", "agent", "input", "output", "params", "Procedure", "print"} <= words
    assert {"field.string", "Log.info", "State.get", "Json.decode"} <= words
