"""Configuration spaces by name, and by what they hold where."""

from collections.abc import Callable

import pytest
from tests.proto.config_space.spaces import dumped, make_config


@pytest.fixture
def dump() -> Callable[[str], bytes]:
    """A real configuration space from the folder dumps, by name."""
    return dumped


@pytest.fixture
def config() -> Callable[..., bytes]:
    """``config({0x34: "40", 0x40: "1000 0200"}, length=256)``: zeros with hex digits at offsets."""
    return make_config
