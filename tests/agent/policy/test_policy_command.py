"""barwatch-agent policy: what each command says, of recorded hosts and of a driver that speaks the driver's bytes."""

import errno
import json
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from barwatch_agent.errors import ConfigError
from barwatch_agent.policy.command import policy
from barwatch_agent.policy.driver_here import driver_here

RULE = """
[[rule]]
summary = "GPU status"
vendor = 0x10de
bar = 0
offset = 0x0
length = 4
widths = [4]
rights = ["read", "config"]
"""
LOADED = "the driver has a policy of 1 rule, digest {:016x}, {}"


@pytest.fixture
def run(shared_host, driver):
    """Runs a command on a recorded host, against the driver in Python."""

    def run_(*arguments: object, name: str = "laptop-thunderbolt-box") -> Result:
        roots = shared_host(name)
        words = [str(each) for each in arguments]
        return CliRunner().invoke(policy, [*words, "--sysfs", str(roots.sys)], obj=opened_by(driver))

    return run_


def opened_by(driver):
    """Where this system has its driver, and a driver in Python that answers there."""
    return lambda config: replace(driver_here(config), opener=driver)


def refusal(result: Result) -> str:
    """What __main__ prints behind the program's name."""
    assert isinstance(result.exception, ConfigError), result.output
    return str(result.exception)


def test_what_make_writes_check_understands(run, tmp_path) -> None:
    made = run("make", "--map", "--shared", "--output", tmp_path / "policy.toml")
    checked = run("check", tmp_path / "policy.toml")

    assert (made.exit_code, made.stdout) == (0, "")
    assert checked.exit_code == 0
    assert "nvidia.pmc_boot_0" in checked.stdout


def test_make_says_the_same_on_stdout_as_in_a_file(run, tmp_path) -> None:
    run("make", "--output", tmp_path / "policy.toml")

    assert run("make").stdout == (tmp_path / "policy.toml").read_text()


def test_make_tells_which_functions_have_a_driver_and_what_sharing_means(run) -> None:
    told = run("make").stderr

    assert "not read while a driver is bound: " in told
    assert "(nvidia)" in told
    assert "--shared is your word that reading these registers does not disturb that driver" in told
    assert "not mapped: " in told
    assert "left out: sdhci.version: relative to sdhci_slot_0, and no function of this host matches" in told


def test_make_with_everything_tells_what_was_given_away(run) -> None:
    told = run("make", "--map", "--shared").stderr

    assert "read although a driver is bound, on your word that it does not disturb it: " in told
    assert "mapped: whoever may open the driver's device can load anything in those pages" in told


def test_make_takes_a_plan_and_refuses_one_that_needs_too_many_rules(run, tmp_path) -> None:
    plan = tmp_path / "plan.toml"
    devices = ", ".join(map(str, range(256)))
    plan.write_text(
        '[[register]]\nname = "gpu.x"\nsummary = "x"\nsource = "x"\nside_effect_free = true\nvendor = 0x10de\n'
        f"device = [{devices}]\nbar = 0\noffset = 0\nwidth = 4\n"
    )

    text = refusal(run("make", "--plan", plan))
    assert text.startswith("what the plan asks for: ")
    assert "the driver takes 256" in text


def test_make_says_where_there_is_no_pci_or_no_room(run, tmp_path) -> None:
    assert "no such folder" in refusal(run("make", "--output", tmp_path / "no such folder" / "policy.toml"))
    nowhere = CliRunner().invoke(policy, ["make", "--sysfs", str(tmp_path / "sys")], obj=object())
    assert refusal(nowhere).endswith("not there; is this a machine with PCI, and is --sysfs right?")


def test_check_tells_people_what_is_granted_and_why_not(run, policy_file) -> None:
    told = run("check", policy_file(RULE)).stdout
    lines = [" ".join(line.split()) for line in told.splitlines()]

    assert any(line.startswith("1 GPU status 10de:* BAR 0, 0x0 to 0x3, by 4 read, config") for line in lines), told
    assert "nvidia is bound" in told
    assert "no rule matches" in told
    assert any(line.startswith("1 rule; digest ") for line in lines)
    assert "It is not in force: the driver has no policy, and reads nothing." in lines


def test_check_tells_programs_the_same(run, policy_file, driver) -> None:
    file = policy_file(RULE)
    run("load", file, "--lock")
    found = json.loads(run("check", file, "--json").stdout)
    [rule] = found["rules"]
    gpu = [each for each in found["coverage"] if each["register"] == "nvidia.pmc_boot_0"]

    assert found["digest"] == f"{driver.digest:016x}"
    assert (found["is_in_force"], found["driver"]["policy"]) == (True, "locked")
    assert (rule["vendor"], rule["devices"], rule["class"], rule["length"]) == (0x10DE, [], None, 4)
    assert [(each["access"], each["right"], each["is_granted"]) for each in gpu] == [
        ("kernel", "read", False),
        ("user", "map", False),
    ]
    assert gpu[0]["reason"] == "nvidia is bound, and no rule shares"


def test_check_knows_the_policy_in_force_from_another_of_as_many_rules(run, policy_file) -> None:
    run("load", policy_file(RULE))
    assert "It is in force, loaded." in run("check", policy_file(RULE)).stdout
    told = run("check", policy_file(RULE.replace("0x10de", "0x1002"))).stdout

    assert "It is not in force: the driver has a policy of 1 rule" in told


def test_check_needs_neither_a_driver_nor_pci(policy_file, driver, tmp_path) -> None:
    driver.opening_fails = errno.ENOENT
    file = policy_file(RULE)
    nowhere = ["--sysfs", str(tmp_path / "sys")]
    told = CliRunner().invoke(policy, ["check", str(file), *nowhere], obj=opened_by(driver)).stdout
    found = json.loads(
        CliRunner().invoke(policy, ["check", str(file), "--json", *nowhere], obj=opened_by(driver)).stdout
    )

    assert "This machine has no PCI functions" in told
    assert "Whether it is in force is not known: the barwatch driver is not loaded: " in told
    assert (found["coverage"], found["is_in_force"]) == (None, None)


def test_check_refuses_a_wrong_file(run, policy_file) -> None:
    assert refusal(run("check", policy_file(RULE + "mask = 1\n"))).endswith(
        "policy.toml: rule 1 'GPU status', mask: there is no such key; there are summary, rights, vendor, device, "
        "subsystem, class, bar, offset, length, widths"
    )


def test_show_tells_each_state_of_the_driver(run, policy_file, driver) -> None:
    assert run("show").stdout.startswith("driver 0.1.2: the driver has no policy, and reads nothing\n")
    assert json.loads(run("show", "--json").stdout) == {
        "format": 1,
        "version": "0.1.2",
        "policy": "none",
        "rules": None,
        "digest": None,
        "at_start": None,
    }
    run("load", policy_file(RULE))
    assert run("show").stdout.startswith("driver 0.1.2: " + LOADED.format(driver.digest, "loaded"))
    assert "It does not list its rules" in run("show").stdout
    assert json.loads(run("show", "--json").stdout)["rules"] == 1


def test_load_puts_the_rules_of_the_file_in_force(run, policy_file, driver, shared_host) -> None:
    done = run("load", policy_file(RULE))

    assert done.stdout == LOADED.format(driver.digest, "loaded") + "\n"
    assert [len(rule) for rule in driver.rules] == [56]
    assert driver.path == shared_host("laptop-thunderbolt-box").dev / "barwatch"
    assert driver.closed == 1


def test_load_can_lock_and_a_locked_policy_can_be_loaded_again(run, policy_file, driver) -> None:
    """A service that is started again asks for what is in force already."""
    locked = LOADED + "\n"
    assert run("load", policy_file(RULE), "--lock").stdout == locked.format(driver.digest, "locked")
    again = run("load", policy_file(RULE), "--lock")

    assert (again.exit_code, again.stdout) == (0, locked.format(driver.digest, "locked"))


def test_another_policy_than_the_locked_one_needs_the_module_to_be_loaded_anew(run, policy_file, driver) -> None:
    run("load", policy_file(RULE), "--lock")
    text = refusal(run("load", policy_file(RULE + RULE)))

    assert f"a policy of 1 rule, digest {driver.digest:016x}, is locked" in text
    assert "modprobe -r barwatch && modprobe barwatch" in text


def test_a_rule_that_the_driver_refuses_is_named_as_the_file_has_it(run, policy_file, driver) -> None:
    driver.refuses = (0x408, 2)
    two = RULE.replace("vendor = 0x10de", "vendor = 0x8086\ndevice = [1, 2]")

    assert refusal(run("load", policy_file(two + RULE))).startswith("the driver refuses rule 2 'GPU status': ")
    assert driver.closed == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOENT, "the barwatch driver is not loaded"),
        (errno.EPERM, "only root may load a policy"),
        (errno.EACCES, "only root may load a policy"),
        (errno.EMFILE, "Too many open files (EMFILE)"),
    ],
)
def test_load_says_why_the_driver_could_not_be_opened(run, policy_file, driver, number: int, said: str) -> None:
    driver.opening_fails = number
    text = refusal(run("load", policy_file(RULE)))

    assert said in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EPERM, "only root may load a policy"),
        (errno.EBADF, "only root may load a policy"),
        (errno.ENOTTY, "this is not the barwatch driver"),
        (errno.ENOMEM, "Cannot allocate memory (ENOMEM)"),
    ],
)
def test_load_says_why_the_driver_did_not_take_it(run, policy_file, driver, number: int, said: str) -> None:
    driver.calling_fails = number

    assert said in refusal(run("load", policy_file(RULE)))
    assert (driver.state, driver.closed) == (0, 1)


def test_what_this_system_keeps_nowhere_is_refused_before_anything_is_done(run, policy_file, driver) -> None:
    for words in (["load", policy_file(RULE), "--at-start"], ["forget"]):
        assert "/etc/barwatch/policy.toml" in refusal(run(*words))
    assert driver.state == 0


def test_show_says_who_may_ask(run, driver) -> None:
    driver.opening_fails = errno.EACCES

    assert "the group that its udev rule names" in refusal(run("show"))


def test_a_driver_of_another_language_is_not_spoken_to(run, policy_file, driver) -> None:
    driver.abi = 2

    for words in (["load", policy_file(RULE)], ["show"]):
        assert "the driver speaks version 2 of its contract, this agent version 1" in refusal(run(*words))
    assert driver.state == 0


def test_a_file_that_is_no_device_is_no_driver(policy_file, tmp_path) -> None:
    """With the real opener: the first ioctl says ENOTTY."""
    (tmp_path / "sys").mkdir()
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/barwatch").write_text("")
    done = CliRunner().invoke(policy, ["load", str(policy_file(RULE)), "--sysfs", str(tmp_path / "sys")])

    assert refusal(done).endswith("(ENOTTY); this is not the barwatch driver")


def test_a_recorded_windows_machine_gets_the_policy_of_the_linux_that_it_is(run) -> None:
    """Registers relative to a capability are found by what the driver showed of configuration space."""
    windows = run("make", "--shared", "--map", name="windows-laptop-thunderbolt-box")

    assert windows.exit_code == 0, windows.output
    assert windows.stdout == run("make", "--shared", "--map").stdout
    assert "0000:09:00.0 (nvlddmkm)" in windows.stderr


def test_check_tells_what_is_granted_on_a_recorded_windows_machine(run, policy_file, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    told = run("check", policy_file(RULE), name="windows-laptop-thunderbolt-box").stdout

    assert "nvlddmkm is bound, and no rule shares" in told
