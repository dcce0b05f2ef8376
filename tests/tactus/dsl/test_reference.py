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


def test_no_type_is_torn_over_two_cells() -> None:
    rows = re.findall(r"^\| `.*$", reference(), re.MULTILINE)
    assert rows
    for row in rows:
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        assert len(cells) == 3, row
        for opening, closing in ("()", "{}", "<>"):
            kind = cells[1].replace("->", "")
            assert kind.count(opening) == kind.count(closing), row


def test_a_type_with_spaces_is_one_cell() -> None:
    text = reference()
    assert "| `fields` | `table<string, Field>` |  |" in text
    assert "| `options?` | `{ pretty?: boolean }` |  |" in text
    assert "| `input` | `table<string, any>\\|fun(fields: table<string, Field>)` |  |" in text


def test_every_exported_word_is_documented() -> None:
    words = {word.name for word in language().words}
    assert {"Agent", "agent", "input", "output", "params", "Procedure", "print"} <= words
    assert {"field.string", "Log.info", "State.get", "Json.decode"} <= words
