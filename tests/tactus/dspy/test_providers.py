import pytest

from tactus.dspy.provider_table import all_providers, find_provider
from tactus.dspy.providers import door_to
from tactus.dspy.redact import MASK, redact, without_userinfo
from tactus.errors import SettingsError, TurnError
from tactus.settings import Settings


def test_a_known_provider_is_served_by_the_native_engine_whatever_its_address() -> None:
    settings = Settings(
        api_base={"openai": "https://gateway.example/v1"}, secrets={"OPENAI_API_KEY": "sk-1234567"}
    )
    door = door_to("openai", settings)

    assert (door.engine, door.api_base) == ("native", "https://gateway.example/v1")
    assert "sk-1234567" not in repr(door)


@pytest.mark.parametrize("provider", ["ollama", "ollama_chat", "vllm", "hosted_vllm", "sglang"])
def test_a_server_of_this_machine_needs_no_key(provider: str) -> None:
    assert door_to(provider, Settings()).engine == "native"


def test_an_openai_like_server_on_this_machine_needs_no_key() -> None:
    local = Settings(api_base={"openai": "http://localhost:8080/v1"})
    elsewhere = Settings(api_base={"openai": "http://localhost.example:8080/v1"})

    assert door_to("openai", local).key == "none"
    with pytest.raises(TurnError, match="OPENAI_API_KEY"):
        door_to("openai", elsewhere)


@pytest.mark.parametrize(
    ("provider", "variable"),
    [("anthropic", "ANTHROPIC_API_KEY"), ("gemini", "GOOGLE_API_KEY"), ("groq", "GROQ_API_KEY")],
)
def test_the_variable_of_a_missing_key_is_named(provider: str, variable: str) -> None:
    with pytest.raises(TurnError, match=variable) as raised:
        door_to(provider, Settings())

    assert raised.value.reason == "not_configured"


def test_a_provider_that_the_native_engine_lacks_is_served_by_litellm_where_that_is_allowed() -> (
    None
):
    assert door_to("mistral", Settings(secrets={"MISTRAL_API_KEY": "k"})).engine == "litellm"
    with pytest.raises(SettingsError, match="mistral"):
        door_to("mistral", Settings(engine="native"))


@pytest.mark.parametrize(
    ("provider", "variables"),
    [
        ("cohere", ("COHERE_API_KEY", "CO_API_KEY")),
        ("replicate", ("REPLICATE_API_KEY", "REPLICATE_API_TOKEN")),
        ("together_ai", ("TOGETHERAI_API_KEY", "TOGETHER_API_KEY")),
        ("mistral", ("MISTRAL_API_KEY",)),
    ],
)
def test_a_key_that_litellm_would_miss_is_named_before_it_is_called(
    provider: str, variables: tuple[str, ...]
) -> None:
    with pytest.raises(TurnError, match=variables[0]) as raised:
        door_to(provider, Settings())

    assert raised.value.reason == "not_configured"
    for variable in variables:
        assert door_to(provider, Settings(secrets={variable: "k"})).key == "k"
    assert door_to(provider, Settings(api_base={provider: "http://localhost:1/v1"})).key is None


@pytest.mark.parametrize("provider", ["vertex_ai", "bedrock", "llamafile"])
def test_a_provider_that_may_do_without_a_key_is_not_asked_for_one(provider: str) -> None:
    assert door_to(provider, Settings()).engine == "litellm"


def test_the_address_for_all_is_that_of_every_provider() -> None:
    settings = Settings(
        api_base={"openai": "http://a/v1"},
        api_base_for_all="http://localhost:8080/v1",
    )

    assert door_to("openai", settings).api_base == "http://localhost:8080/v1"
    assert door_to("groq", settings).api_base == "http://localhost:8080/v1"
    assert door_to("mistral", settings).api_base == "http://localhost:8080/v1"


def test_litellm_is_given_addresses_as_it_wants_them() -> None:
    settings = Settings(engine="litellm", api_base={"ollama": "http://127.0.0.1:11434/v1"})

    assert door_to("ollama", settings).api_base == "http://127.0.0.1:11434"


@pytest.mark.parametrize("provider", ["claude-code", "openai-codex"])
def test_the_login_of_another_program_is_never_spent(provider: str) -> None:
    with pytest.raises(SettingsError, match="no provider"):
        door_to(provider, Settings())


@pytest.mark.parametrize(
    "form", ["k/e+y=42", "k%2Fe%2By%3D42", "ay9lK3k9NDI=", "ay9lK3k9NDI", "k/e%2By%3D42"]
)
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    assert redact(f"<{form}>", ["k/e+y=42"]) == f"<{MASK}>"


def test_a_word_is_not_taken_for_a_secret() -> None:
    assert redact("EMPTY is none", ["EMPTY", "none", ""]) == "EMPTY is none"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:pass@host:8/v1", f"https://{MASK}@host:8/v1"),
        ("https://pass@host/v1?a=b@c", f"https://{MASK}@host/v1?a=b@c"),
        ("to me:pa@ss@host", f"to {MASK}@host"),
        ("(me:pass@[::1]:80)", f"({MASK}@[::1]:80)"),
        ("at 12:30 to me@host, see https://host/@me", "at 12:30 to me@host, see https://host/@me"),
    ],
)
def test_a_password_is_masked_where_an_address_holds_it(text: str, shown: str) -> None:
    assert without_userinfo(text) == shown


def test_a_provider_of_ones_own_is_spoken_to_over_its_wire_and_has_no_price() -> None:
    own = {"mine": {"wire": "anthropic", "api_base": "http://a/v1", "key": "MINE"}}
    door = door_to("mine", Settings.model_validate({"providers": own, "secrets": {"MINE": "k"}}))

    assert (door.engine, door.name, door.wire) == ("native", "anthropic", "anthropic")
    assert (door.api_base, door.key, door.is_priced) == ("http://a/v1", "k", False)
    with pytest.raises(TurnError, match="MINE is not set"):
        door_to("mine", Settings.model_validate({"providers": own}))


def test_a_provider_of_ones_own_may_take_the_name_of_another() -> None:
    own = {"openai": {"wire": "responses", "api_base": "http://a/v1"}}
    settings = Settings.model_validate({"providers": own, "secrets": {"OPENAI_API_KEY": "sk"}})

    assert door_to("openai", settings).key == "none"


@pytest.mark.parametrize(
    ("provider", "api_base"),
    [
        ("llamacpp", "http://127.0.0.1:8080/v1"),
        ("lmstudio", "http://127.0.0.1:1234/v1"),
        ("lm_studio", "http://127.0.0.1:1234/v1"),
        ("vllm", "http://127.0.0.1:8000/v1"),
    ],
)
def test_servers_of_this_machine_are_where_they_usually_are(provider: str, api_base: str) -> None:
    door = door_to(provider, Settings(secrets={"OPENAI_API_KEY": "sk"}))

    assert (door.engine, door.api_base, door.key) == ("native", api_base, "EMPTY")


def test_another_name_of_a_provider_goes_where_the_settings_put_it() -> None:
    base = {"openai": "http://a/v1", "vllm": "http://b/v1", "ollama": "http://c/v1"}
    settings = Settings(api_base=base, secrets={"OPENAI_API_KEY": "sk"})

    assert door_to("openai_responses", settings).api_base == "http://a/v1"
    assert door_to("hosted_vllm", settings).api_base == "http://b/v1"
    assert door_to("ollama_chat", settings).api_base == "http://c/v1"


def test_every_row_can_be_found_and_says_who_serves_it() -> None:
    rows = all_providers(Settings())

    names = [row.name for row in rows]
    assert len(names) == len(set(names)) > 100
    assert not [name for name in names if "/" in name]
    for row in rows:
        assert find_provider(row.name, Settings()) == row
        assert (row.wire is None) == (row.engine == "litellm")
        assert not (row.needs_key and row.placeholder_key)


def test_litellm_serves_only_what_it_knows_where_it_is_asked_to_serve_all() -> None:
    settings = Settings(engine="litellm", secrets={"OPENAI_API_KEY": "sk"})

    assert door_to("openai", settings).engine == "litellm"
    assert door_to("llamacpp", settings).engine == "native"
