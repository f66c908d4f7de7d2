r"""Rows of the tables that wixl has no elements for, or fills otherwise than we need.

Source: Microsoft Learn, "Windows Installer Database Tables"; sddl.h; winsvc.h.
"""

from deploy.windows.components import LAUNCHER, STATE, Names
from deploy.windows.product import PRODUCT, UPGRADE_CODE, Release
from deploy.windows.steps import COMMAND, PYTHON, SERVICE, steps
from deploy.windows.table import Row, Table

# The service's account, by its number: driver/windows/security.c has the same.
SERVICE_SID = "S-1-5-80-3544977136-463522483-1522483737-1040992814-1301093526"
# The system's own, also where an ordinary user made the folder first; nothing inherited; the system and administrators
# do all, the service changes what is in it, others see nothing.
STATE_ACCESS = f"O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;{SERVICE_SID})"
MACHINE = 2  # HKEY_LOCAL_MACHINE
SETTINGS = r"Software\barwatch"
EVENT_SOURCE = rf"SYSTEM\CurrentControlSet\Services\EventLog\Application\{SERVICE}"
MESSAGES = "lib/win32/servicemanager.pyd"
ANY_EVENT = 7  # errors, warnings, information
FIND_VALUE_64 = 2 | 16  # msidbLocatorTypeRawValue, msidbLocatorType64bit
MIGRATE, ONLY_DETECT, UP_TO_THIS = 1, 2, 0x200  # msidbUpgradeAttributes
WINDOWS_8_1 = 603  # what Windows 10 and 11 call themselves here

NO_COLLECTOR = "Say where the collector is: msiexec /i FILE.msi COLLECTOR=HOST:PORT"
NEWER = "A newer version of [ProductName] is installed. Remove it first if this is the one that you want."
NO_WINDOWS_10 = "[ProductName] needs Windows 10 or 11, or Windows Server 2019 or newer, on x64."
DESCRIPTION = "Reads PCIe registers of this machine and tells the collector how that went."


def tables(release: Release) -> tuple[Table, ...]:
    """All of them."""
    return (*steps(), *_product(release), *_service(), *_machine())


def _product(release: Release) -> tuple[Table, ...]:
    properties: dict[str, str] = {
        "ALLUSERS": "1",
        "ARPCOMMENTS": release.comments,
        "ARPNOMODIFY": "1",
        "Manufacturer": "barwatch",
        "ProductCode": f"{{{release.product_code}}}",
        "ProductLanguage": "1033",
        "ProductName": PRODUCT,
        "ProductVersion": release.three_numbers,
        # Every file is put in place, whatever its version and time: an older Python replaces a newer one, too.
        "REINSTALLMODE": "amus",
        "SecureCustomProperties": "COLLECTOR;KEEPSTATE;NEWERVERSION;OLDERVERSION",
        "UpgradeCode": f"{{{UPGRADE_CODE}}}",
    }
    code, version = f"{{{UPGRADE_CODE}}}", release.three_numbers
    upgrades: tuple[Row, ...] = (
        (code, None, version, None, MIGRATE | UP_TO_THIS, None, "OLDERVERSION"),
        (code, version, None, None, ONLY_DETECT, None, "NEWERVERSION"),
    )
    conditions = (
        ("COLLECTOR OR Installed", NO_COLLECTOR),
        ("NOT NEWERVERSION OR Installed", NEWER),
        (f"Installed OR VersionNT64 >= {WINDOWS_8_1}", NO_WINDOWS_10),
    )
    upgrade_columns = (
        "UpgradeCode s38, VersionMin S20, VersionMax S20, Language S255, Attributes i4, Remove S255, ActionProperty s72"
    )
    kept = ("KeptCollector", MACHINE, SETTINGS, "Collector", FIND_VALUE_64)
    return (
        Table("Property", "Property s72, Value l0", 1, tuple(properties.items())),
        Table("Upgrade", upgrade_columns, 5, upgrades),
        Table("LaunchCondition", "Condition s255, Description l255", 1, conditions),
        Table("AppSearch", "Property s72, Signature_ s72", 2, (("KEPTCOLLECTOR", "KeptCollector"),)),
        Table("RegLocator", "Signature_ s72, Root i2, Key s255, Name S255, Type I2", 1, (kept,)),
    )


def _service() -> tuple[Table, ...]:
    """Runs as an account of its own that nobody has to make, and is started again when it ends unasked."""
    python = Names(PYTHON).key
    own_process, automatic, normal = 0x10, 2, 1
    vital = 0x8000  # msidbServiceInstallErrorControlVital: without the service there is no installation
    start_stop_delete = 0x1 | 0x2 | 0x20 | 0x80  # start and stop at installation, stop and delete at removal
    # The full stop: a backslash before the quote would escape it.
    arguments = f'{COMMAND} service --state "[{STATE}]."'
    installed: Row = (
        *(SERVICE, SERVICE, PRODUCT, own_process, automatic, normal | vital, None, None),
        *(rf"NT SERVICE\{SERVICE}", None, arguments, python, DESCRIPTION),
    )
    when = 1 | 4  # msidbServiceConfigEventInstall, -Reinstall
    settings = {  # winsvc.h, SERVICE_CONFIG_...
        "FailureToo": (4, "1"),  # FAILURE_ACTIONS_FLAG: an exit code that is not 0 is a failure, too
        "Goodbye": (7, "30000"),  # PRESHUTDOWN_INFO, milliseconds: the last batch
    }
    return (
        Table(
            "ServiceInstall",
            "ServiceInstall s72, Name s255, DisplayName L255, ServiceType i4, StartType i4, ErrorControl i4,"
            "LoadOrderGroup S255, Dependencies S255, StartName S255, Password S255, Arguments S255, Component_ s72,"
            "Description L255",
            1,
            (installed,),
        ),
        Table(
            "ServiceControl",
            "ServiceControl s72, Name l255, Event i2, Arguments L255, Wait I2, Component_ s72",
            1,
            ((SERVICE, SERVICE, start_stop_delete, None, 1, python),),
        ),
        Table(
            "MsiServiceConfig",
            "MsiServiceConfig s72, Name s255, Event i2, ConfigType i4, Argument S0, Component_ s72",
            1,
            tuple((name, SERVICE, when, kind, value, python) for name, (kind, value) in settings.items()),
        ),
    )


def _machine() -> tuple[Table, ...]:
    """What is written outside of the folder."""
    launcher, messages = Names(LAUNCHER).key, Names(MESSAGES).key
    registry: tuple[Row, ...] = (
        ("Collector", MACHINE, SETTINGS, "Collector", "[COLLECTOR]", launcher),
        ("EventFile", MACHINE, EVENT_SOURCE, "EventMessageFile", f"#%[#{messages}]", messages),
        ("EventTypes", MACHINE, EVENT_SOURCE, "TypesSupported", f"#{ANY_EVENT}", messages),
    )
    # = sets it at installation, - takes it away at removal, * for all users; [~] is what is there already.
    path = ("Path", "=-*PATH", "[~];[INSTALLDIR]", launcher)
    access = ("StateAccess", STATE, "CreateFolder", STATE_ACCESS, None)
    return (
        Table("Registry", "Registry s72, Root i2, Key l255, Name L255, Value L0, Component_ s72", 1, registry),
        Table("Environment", "Environment s72, Name l255, Value L255, Component_ s72", 1, (path,)),
        Table(
            "MsiLockPermissionsEx",
            "MsiLockPermissionsEx s72, LockObject s72, Table s32, SDDLText s0, Condition S255",
            1,
            (access,),
        ),
    )
