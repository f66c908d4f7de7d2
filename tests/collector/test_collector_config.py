"""Options before environment before file before defaults, and every mistake with its place."""

import re
from pathlib import Path

import pytest

from barwatch_collector.config import CollectorConfig, Endpoint, load_config
from barwatch_collector.errors import ConfigError


def test_without_anything_the_collector_listens_on_loopback_and_keeps_an_sqlite_file() -> None:
    config = load_config({}, {})

    assert config == CollectorConfig()
    assert (str(config.grpc_address), str(config.http_address)) == ("127.0.0.1:7443", "127.0.0.1:7480")
    assert config.database == "sqlite:///.barwatch/collector/barwatch.db"


def test_options_come_before_environment_before_file(tmp_path: Path) -> None:
    file = tmp_path / "collector.toml"
    file.write_text('state = "/a"\ngrpc_address = "[::1]:1"\nhttp_address = "0.0.0.0:1"\nretry_after_ms = 5\n')
    environ = {"BARWATCH_COLLECTOR_GRPC_ADDRESS": "[::1]:2", "BARWATCH_COLLECTOR_HTTP_ADDRESS": "[::1]:2", "HOME": "/"}

    config = load_config({"http_address": "lab:3", "database_url": None}, environ, file)

    assert config == CollectorConfig(Path("/a"), "", Endpoint("::1", 2), Endpoint("lab", 3), retry_after_ms=5)
    assert str(config.grpc_address) == "[::1]:2"


def test_a_database_url_is_taken_as_it_is() -> None:
    environ = {"BARWATCH_COLLECTOR_DATABASE_URL": "postgresql://db/fleet"}

    assert load_config({"state": Path("/a")}, environ).database == "postgresql://db/fleet"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "collector.toml: colour: no such key; there are database_url, grpc_address"),
        ("state = 1", "collector.toml: state: 1 is not a text"),
        ('grpc_address = "7443"', "collector.toml: grpc_address: '7443' is not host:port"),
        ('grpc_address = "::1:x"', "is not host:port"),
        ('http_address = "lab:65536"', "with a port from 0 to 65535"),
        ("retry_after_ms = 0", "retry_after_ms: 0 is not a whole number from 1 up"),
        ("retry_after_ms = true", "retry_after_ms: True is not a whole number"),
        ("retry_after_ms = 1.5", "retry_after_ms: 1.5 is not a whole number"),
        ("state = 1\nx y", r"collector.toml: not TOML: .*line 2"),
        ("\udcff", "collector.toml: not TOML: .*utf-8"),
    ],
)
def test_a_wrong_file_is_an_error_with_file_key_and_reason(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "collector.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(ConfigError, match=message):
        load_config({}, {}, file)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path}/none.toml: cannot be read: No such file")):
        load_config({}, {}, tmp_path / "none.toml")


def test_a_wrong_variable_and_a_wrong_option_are_named() -> None:
    with pytest.raises(ConfigError, match="BARWATCH_COLLECTOR_RETRY_AFTER_MS: 'soon' is not a whole number"):
        load_config({}, {"BARWATCH_COLLECTOR_RETRY_AFTER_MS": "soon"})
    with pytest.raises(ConfigError, match="option --grpc-address: 'x' is not host:port"):
        load_config({"grpc_address": "x"}, {})
