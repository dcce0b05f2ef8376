from pathlib import Path

import pytest

from tactus.errors import SettingsError
from tactus.settings import Settings, read_settings


def read(folder: Path, flags: dict[str, object] | None = None, **environ: str) -> Settings:
    return read_settings(flags, environ=environ, folder=folder)[0]


def test_flags_win_over_environment_over_env_file_over_settings_file(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text('model = "a/file"\nretries = 0\ntimeout = 7\n')
    assert read(tmp_path).model == "a/file"
    (tmp_path / ".env").write_text("TACTUS_MODEL=a/env-file\n")
    assert read(tmp_path).model == "a/env-file"
    assert read(tmp_path, TACTUS_MODEL="a/environment").model == "a/environment"
    settings = read(tmp_path, {"model": "a/flag", "timeout": None}, TACTUS_MODEL="a/environment")
    assert (settings.model, settings.retries, settings.timeout) == ("a/flag", 0, 7)


def test_files_are_found_upward(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text('model = "a/b"')
    inner = tmp_path / "one" / "two"
    inner.mkdir(parents=True)
    settings, origin = read_settings(environ={}, folder=inner)
    assert settings.model == "a/b"
    assert origin.settings_file == tmp_path / "tactus.toml"


def test_nested_settings_come_from_the_environment(tmp_path: Path) -> None:
    settings = read(tmp_path, TACTUS_LIMITS__MEMORY="8", TACTUS_DEMO__TOKENS_PER_SECOND="500")
    assert (settings.limits.memory, settings.demo.tokens_per_second) == (8, 500.0)


def test_base_urls_come_from_each_providers_variable(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        {"api_base": {"groq": "http://flag/v1"}},
        OPENAI_BASE_URL="http://127.0.0.1:1/v1",
        GROQ_API_BASE="http://127.0.0.1:2/v1",
    )
    assert settings.api_base == {"openai": "http://127.0.0.1:1/v1", "groq": "http://flag/v1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "tactus.toml: colour: there is no such setting"),
        ("[limits]\nmemory = 0", "tactus.toml: limits.memory: must be greater than 0; 0 came"),
        ("model = ", "tactus.toml cannot be read"),
        (
            "[limits]\nmemry = 1",
            'limits.memry: there is no such setting. Did you mean "limits.memory"',
        ),
        ("limits = 5", "tactus.toml: limits: must be a table; 5 came"),
        ('[secrets]\nOPENAI_API_KEY = "k"', "tactus.toml: secrets: keys do not belong here"),
    ],
)
def test_a_wrong_settings_file_is_named_with_its_setting(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "tactus.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        read(tmp_path)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="the environment: TACTUS_RETRIES: must be a whole"):
        read(tmp_path, TACTUS_RETRIES="many")


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"TACTUS_LIMITS": "5", "TACTUS_LIMITS__MEMORY": "10"},
            "TACTUS_LIMITS is set to one value",
        ),
        ({"TACTUS_API_BASE": "u", "OPENAI_BASE_URL": "v"}, "TACTUS_API_BASE is set to one value"),
        ({"TACTUS_LIMITS__MEMORY": "9" * 20}, "TACTUS_LIMITS__MEMORY: must be at most 65536"),
        ({"TACTUS_MODLE": "x"}, 'TACTUS_MODLE: there is no such setting. Did you mean "model"?'),
    ],
)
def test_variables_that_cannot_be_are_named(
    tmp_path: Path, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings(environ=environ, folder=tmp_path)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "TACTUS_API_BASE_FOR_ALL"])
def test_a_password_in_a_base_url_is_refused_and_not_shown(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="must not hold a user or a password") as raised:
        read_settings(environ={name: "http://user:s3cret@127.0.0.1/v1"}, folder=tmp_path)
    assert "s3cret" not in str(raised.value)


def test_one_base_url_may_hold_for_every_provider(tmp_path: Path) -> None:
    settings = read(tmp_path, OPENAI_BASE_URL="http://a/v1")
    assert (settings.base_of("openai"), settings.base_of("groq")) == ("http://a/v1", None)
    settings = read(tmp_path, {"api_base_for_all": "http://b/v1"}, OPENAI_BASE_URL="http://a/v1")
    assert (settings.base_of("openai"), settings.base_of("groq")) == ("http://b/v1", "http://b/v1")


def test_an_env_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff\xfe")
    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        read(tmp_path)


def test_secrets_are_kept_but_never_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-from-file\n")
    settings = read(
        tmp_path, ANTHROPIC_API_KEY="sk-from-environment", TACTUS_DEMO__TIME_TO_FIRST_TOKEN="2"
    )
    assert settings.secrets == {
        "OPENAI_API_KEY": "sk-from-file",
        "ANTHROPIC_API_KEY": "sk-from-environment",
    }
    assert "sk-from" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_providers_of_ones_own_name_the_variable_of_their_key(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text(
        '[providers.mine]\nwire = "anthropic"\napi_base = "http://a/v1"\nkey = "MINE_PASS"\n'
    )
    settings = read(tmp_path, MINE_PASS="sk-of-mine", OTHER_PASS="no")
    assert settings.providers["mine"].wire == "anthropic"
    assert settings.secrets == {"MINE_PASS": "sk-of-mine"}


def test_a_folder_for_files_is_where_the_settings_file_says(tmp_path: Path) -> None:
    (tmp_path / "tactus.toml").write_text('[tools]\nfiles = "notes"\nhttp_hosts = ["*.a.org"]\n')
    (tmp_path / "inner").mkdir()
    tools = read(tmp_path / "inner").tools
    assert (tools.files, tools.http_hosts) == (tmp_path / "notes", ("*.a.org",))
    tools = read(tmp_path, TACTUS_TOOLS__HTTP_HOSTS="a.org, 127.0.0.1").tools
    assert tools.http_hosts == ("a.org", "127.0.0.1")


@pytest.mark.parametrize(
    "text",
    [
        '[providers.mine]\napi_base = "http://a/v1"\nkey = "sk-s3cret-key"',
        '[providers.mine]\napi_base = "http://user:s3cret@a/v1"',
        '[providers."a/b"]\napi_base = "http://s3cret/v1"',
        '[providers.mine]\nwire = "s3cret"\napi_base = "http://a/v1"',
        '[mcp.it]\ncommand = "a"\nurl = "http://s3cret"',
        '[mcp.it]\nurl = "http://a"\nheaders = "s3cret"',
        '[tools]\nhttp_hosts = ["*"]',
        '[tools]\nhttp_hosts = ["https://a.org"]',
    ],
)
def test_what_reaches_outside_is_checked_and_keys_are_not_shown(tmp_path: Path, text: str) -> None:
    (tmp_path / "tactus.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"tactus.toml: (providers|mcp|tools)") as raised:
        read(tmp_path)
    assert "s3cret" not in str(raised.value)


def test_variables_that_are_no_settings_of_a_run_are_left_alone() -> None:
    variables = {"TACTUS_CACHE_DIR": "/tmp/answers", "TACTUS_SKIP_UI": "1"}  # noqa: S108
    settings, _ = read_settings(environ=variables)
    assert settings == Settings()
