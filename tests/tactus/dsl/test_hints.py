import pytest

from tactus.dsl.loader import load
from tactus.errors import ProcedureError
from tactus.settings import Limits


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Log.debug('hi')", "Log has error, info, warn."),
        ("Log:debug('hi')", "Log has error, info, warn."),
        ("Log.wran('hi')", 'Did you mean "warn"?'),
        ("Json.encod{}", 'Did you mean "encode"?'),
        (
            "input {\n  topic = field.text{}\n}",
            "field has array, boolean, integer, number, object, string.",
        ),
        ("input { topic = field.strng{} }", 'Did you mean "string"?'),
    ],
)
def test_a_word_that_a_table_of_the_language_lacks_gets_those_it_has(text: str, hint: str) -> None:
    with pytest.raises(ProcedureError) as raised:
        load(text, "story.lua", limits=Limits())
    assert raised.value.hint == hint


def test_a_table_of_the_procedure_is_not_taken_for_one_of_the_language() -> None:
    with pytest.raises(ProcedureError) as raised:
        load("local mine = {}\nmine.info('hi')", "story.lua", limits=Limits())
    assert raised.value.hint is None
