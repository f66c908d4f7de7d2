"""Where a route breaks: the hop that the evidence names is the hop that is marked."""

from pathlib import Path

import pytest

GPU, SWITCH, PORT = "0000:09:00.0", "0000:08:01.0", "0000:07:00.0"
FOUNDING = Path(__file__).parents[2] / "hosts/founding"
PMCSR = 0x64  # in this GPU
COMMAND, MEMORY_BASE = 0x04, 0x20  # PCIe Base Spec 6.0, 7.5.1.1.3; PCI-to-PCI Bridge Spec 1.2, 3.2.5.8


def change(roots, address, name, at, content):
    """Other bytes in a file of a function."""
    file = roots.sys / "bus/pci/devices" / address / name
    data = bytearray(file.read_bytes())
    data[at : at + len(content)] = content
    file.write_bytes(data)


def marked(text):
    """The addresses that stand before a mark, the whole page as one line each."""
    found, last = [], ""
    for line in text.splitlines():
        words = line.replace("└─ ", "").split()
        last = words[0] if words and words[0].startswith("0000:") else last
        found += [last] if "<-- " in line else []
    return found


@pytest.fixture
def silent(tmp_path):
    """Simulations in which the GPU's BARs are all ones, and configuration space too where that is asked for."""

    def make(ids="0x1c0210de"):
        lines = (FOUNDING / "laptop.toml").read_text().splitlines()
        kept = "\n".join(line for line in lines if GPU not in line and line not in {"mapping = [", "]"})
        ones = f'    {{ address = "{GPU}", bar = 0, offset = 0x0, value = 0xffffffff }},\n'
        ones += f'    {{ address = "{GPU}", config = true, offset = 0x0, value = {ids} }},\n'
        file = tmp_path / "silent.toml"
        file.write_text(f"{kept}\n{ones}]\n")
        return str(file)

    return make


def test_memory_decoding_that_is_off_at_a_bridge_is_marked_there(host, looked, screen, silent, golden):
    roots = host("laptop-thunderbolt-box")
    change(roots, SWITCH, "config", COMMAND, b"\x04\x00")
    text = screen(looked(roots, "laptop", simulate=silent()))

    assert "decode_off" in text.splitlines()[0]
    assert set(marked(text)) == {SWITCH}
    golden("probe/laptop-decode-off.txt", text)


def test_a_function_that_does_not_answer_is_where_the_route_ends(host, looked, screen, silent):
    roots = host("laptop-thunderbolt-box")
    change(roots, GPU, "config", 0, b"\xff" * 4096)
    text = screen(looked(roots, "laptop", simulate=silent(ids="0xffffffff")))

    assert set(marked(text)) == {GPU}
    assert "does not answer" in text


def test_a_window_that_does_not_hold_the_bar_is_marked_at_its_bridge(host, looked, screen, silent):
    roots = host("laptop-thunderbolt-box")
    change(roots, SWITCH, "config", MEMORY_BASE, b"\x00\xe0\xf0\xe0")
    text = screen(looked(roots, "laptop", simulate=silent()))

    assert "outside_window" in text.splitlines()[0]
    assert set(marked(text)) == {SWITCH}
    assert "does NOT forward BAR 0: only 0xe0000000-" in text


def test_a_function_that_sleeps_is_marked_itself(host, looked, screen, silent):
    roots = host("laptop-thunderbolt-box")
    (roots.sys / "bus/pci/devices" / GPU / "power_state").write_text("D3hot\n")
    change(roots, GPU, "config", PMCSR, b"\x03")
    text = screen(looked(roots, "laptop", simulate=silent()))

    assert "d3hot" in text.splitlines()[0]
    assert "D3hot, asleep" in text
    assert set(marked(text)) == {GPU}
