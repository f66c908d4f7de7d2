"""The compose file, by its structure. No container engine is asked: nothing here says that the containers run."""

import re
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed: the compose file was not checked")

SECRETIVE = re.compile(r"PASSWORD|SECRET|TOKEN|KEY", re.IGNORECASE)


@pytest.fixture
def folder(deploy: Path) -> Path:
    return deploy / "docker"


@pytest.fixture
def compose(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_every_published_port_is_on_loopback(compose: dict[str, Any]) -> None:
    """Without an address, Docker publishes on all of them, and in front of the host's firewall."""
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]

    assert len(ports) == 4
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_every_foreign_image_is_pinned_to_a_version(compose: dict[str, Any], folder: Path) -> None:
    images = [service["image"] for service in compose["services"].values() if "build" not in service]
    images += re.findall(r"^FROM (\S+)", (folder / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

    assert len(images) == 5
    assert [image for image in images if not re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$", image)] == []


def test_every_service_says_whether_it_is_well(compose: dict[str, Any], folder: Path) -> None:
    without = {name for name, service in compose["services"].items() if "healthcheck" not in service}

    assert without == {"collector"}
    assert "\nHEALTHCHECK " in (folder / "Dockerfile").read_text(encoding="utf-8")


def test_no_secret_stands_in_the_file(compose: dict[str, Any], folder: Path) -> None:
    """A password may be named, in a file that git does not see."""
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert not SECRETIVE.search(name) or value.startswith("/run/secrets/"), name
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), name
    assert "/secrets/" in (folder / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {secret["file"].split("/")[1] for secret in compose["secrets"].values()} == {"secrets"}


def test_whatever_a_service_refers_to_exists(compose: dict[str, Any], folder: Path) -> None:
    for name, service in compose["services"].items():
        assert set(service.get("depends_on", ())) <= set(compose["services"]), name
        assert set(service.get("networks", ())) <= set(compose["networks"]), name
        assert set(service.get("secrets", ())) <= set(compose["secrets"]), name
        for source, *_ in (volume.split(":") for volume in service.get("volumes", ())):
            assert source in compose["volumes"] or (folder / source).exists(), f"{name}: {source}"


def test_the_image_is_made_of_files_that_exist_and_are_let_in(compose: dict[str, Any], folder: Path) -> None:
    root = folder / compose["services"]["collector"]["build"]["context"]
    let_in = {
        line[1:] for line in (folder / "Dockerfile.dockerignore").read_text("utf-8").splitlines() if line[0] == "!"
    }
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (folder / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}

    assert sources == let_in
    assert [source for source in sources if not (root / source).exists()] == []


def test_grafana_finds_its_dashboard_and_prometheus_its_collector(compose: dict[str, Any], folder: Path) -> None:
    """Names that only meet at run time."""
    provider = yaml.safe_load((folder / "grafana/dashboards.yaml").read_text(encoding="utf-8"))["providers"][0]
    source = yaml.safe_load((folder / "grafana/datasource.yaml").read_text(encoding="utf-8"))["datasources"][0]
    [target] = yaml.safe_load((folder / "targets/collectors.yaml").read_text(encoding="utf-8"))[0]["targets"]
    mounts = {volume.split(":")[1] for volume in compose["services"]["grafana"]["volumes"]}

    assert f"{provider['options']['path']}/which-topologies-fail.json" in mounts
    assert source["url"] == "http://prometheus:9090"
    assert target == "collector:7480"
