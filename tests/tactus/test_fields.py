import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tactus.fields import FieldDefinition, check, nearest, parse


def of(kind: str, **options: object) -> FieldDefinition:
    return FieldDefinition.model_validate({"type": kind, **options})


def test_defaults_are_filled_in_and_whole_floats_become_integers() -> None:
    fields = {"words": of("integer"), "topic": of("string", default="the sea")}
    assert check(fields, {"words": 5.0}) == ({"words": 5, "topic": "the sea"}, ())


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (of("string"), 3, "x: must be a string; 3 came"),
        (of("integer"), 1.5, "x: must be an integer; 1.5 came"),
        (of("integer"), True, "x: must be an integer; true came"),
        (of("number"), "1", 'x: must be a number; "1" came'),
        (of("number"), math.nan, "x: must be a number; NaN came"),
        (of("number", minimum=0, maximum=2), math.nan, "x: must be a number; NaN came"),
        (of("number"), math.inf, "x: must be a number; Infinity came"),
        (of("integer"), math.inf, "x: must be an integer; Infinity came"),
        (of("boolean"), 0, "x: must be a boolean; 0 came"),
        (of("array"), {"a": 1}, 'x: must be an array; {"a": 1} came'),
        (of("object"), [1], "x: must be an object; [1] came"),
        (of("string", enum=["a", "b"]), "c", 'x: must be one of "a", "b"; "c" came'),
        (of("number", minimum=0), -1, "x: must be at least 0; -1 came"),
        (of("number", maximum=2), 3, "x: must be at most 2; 3 came"),
        (of("array", items={"type": "integer"}), [1, "b"], 'x[2]: must be an integer; "b" came'),
        (
            of("array", items={"type": "object", "fields": {"age": {"type": "integer"}}}),
            [{"age": "old"}],
            'x[1].age: must be an integer; "old" came',
        ),
        (
            of("object", fields={"name": {"type": "string"}}),
            {},
            "x.name: is required (string), nothing came",
        ),
    ],
)
def test_a_problem_names_the_path_and_what_came(
    field: FieldDefinition, value: object, problem: str
) -> None:
    _, problems = check({"x": field}, {"x": value})
    assert problems == (problem,)


def test_an_undeclared_value_is_told_with_the_nearest_name() -> None:
    _, problems = check({"topic": of("string", default="x")}, {"tpoic": "sea"})
    assert problems == ('tpoic: is not declared. Did you mean "topic"?',)


def test_a_field_that_is_not_required_may_stay_away() -> None:
    assert check({"x": of("string", required=False)}, {}) == ({}, ())


def test_an_empty_lua_table_is_an_empty_list_and_an_empty_object() -> None:
    assert check({"x": of("array")}, {"x": {}}) == ({"x": []}, ())
    assert check({"x": of("object")}, {"x": []}) == ({"x": {}}, ())


def test_a_long_value_is_cut_in_the_problem() -> None:
    _, (problem,) = check({"x": of("integer")}, {"x": "y" * 1000})
    assert len(problem) < 130


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("string", {"default": 3}),
        ("string", {"enum": ["a"], "default": "b"}),
        ("string", {"enum": [1]}),
        ("string", {"colour": "red"}),
        ("string", {"minimum": 3}),
        ("string", {"items": {"type": "string"}}),
        ("array", {"fields": {}}),
        ("integer", {"default": 10, "maximum": 5}),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(kind: str, options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        of(kind, **options)


def test_a_default_is_made_to_fit_as_a_value_is() -> None:
    fields = {"n": of("integer", default=5.0), "l": of("array", default={})}
    checked, problems = check(fields, {})
    assert (repr(checked), problems) == ("{'n': 5, 'l': []}", ())


def test_a_number_of_many_digits_is_an_integer_like_any_other() -> None:
    value = 10**5000
    for kind in ("integer", "number"):
        assert check({"n": of(kind)}, {"n": value}) == ({"n": value}, ())
    (problem,) = check({"n": of("integer", maximum=3)}, {"n": value})[1]
    assert problem == "n: must be at most 3; a very large value came"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "3", "3"),
        ("integer", "3", 3),
        ("boolean", "True", True),
        ("array", '["a"]', ["a"]),
        ("object", '{"a": 1}', {"a": 1}),
    ],
)
def test_typed_text_is_read_by_the_type_of_its_field(kind: str, text: str, value: object) -> None:
    assert parse(of(kind), text) == value


def test_typed_text_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(ValueError, match="'many' is not an integer"):
        parse(of("integer"), "many")


@pytest.mark.parametrize(
    "field",
    [
        *(of(kind) for kind in ("string", "number", "integer", "boolean", "array", "object")),
        of("integer", minimum=1),
        of("number", minimum=0.5, maximum=3),
        of("integer", maximum=-7),
        of("object", fields={"name": {"type": "string"}, "age": {"type": "integer", "minimum": 1}}),
        of("integer", default=5.0),
    ],
)
def test_the_placeholder_of_a_field_fits_it(field: FieldDefinition) -> None:
    assert check({"x": field}, {"x": field.placeholder()})[1] == ()


@given(st.text(), st.lists(st.text(min_size=1)))
def test_the_nearest_name_is_one_of_the_names(name: str, names: list[str]) -> None:
    said = nearest(name, names)
    assert said == "" or any(f'"{known}"' in said for known in names)


def test_the_nearest_name_does_not_mind_case() -> None:
    assert nearest("System_Prompt", ["system_prompt"]) == ' Did you mean "system_prompt"?'
