r"""What the installer does, in which order: actions of Windows Installer, and the few of our own.

Source: Microsoft Learn, "Suggested InstallExecuteSequence", "Custom Action Return Processing Options", "Custom Action
In-Script Execution Options", "Conditional Statement Syntax".
"""

from deploy.windows.components import STATE_NAME, Names
from deploy.windows.table import Table

# Kinds of action, and what is added to them.
PROGRAM_IN_PACKAGE, PROGRAM_IN_FOLDER, SET_PROPERTY = 18, 34, 51
GO_ON_IF_IT_FAILS, ROLLBACK, COMMIT, IN_SCRIPT, AS_SYSTEM = 0x40, 0x100, 0x200, 0x400, 0x800
DEFERRED = IN_SCRIPT | AS_SYSTEM

PYTHON = "python/python.exe"
INF = r"[INSTALLDIR]driver\barwatch.inf"
PLAIN = "-B -X utf8"
COMMAND = f"{PLAIN} -m barwatch_agent"
SERVICE = "barwatch-agent"
# After 5 s, a minute, ten minutes; a day without failure forgets. By sc.exe, since the table for it does not work as
# documented: Microsoft Learn, "MsiConfigureServices action".
RESTARTS = f"failure {SERVICE} reset= 86400 actions= restart/5000/restart/60000/restart/600000"
# -1 unknown, 2 absent, 3 on this disk: ! what the feature was, & what it will be.
AGENT_COMES = "&Agent = 3"
AGENT_GOES = "!Agent = 3 AND &Agent >= 2"
DRIVER_COMES = "&Driver = 3"
DRIVER_GOES = "!Driver = 3 AND &Driver = 2 AND NOT UPGRADINGPRODUCTCODE"
DRIVER_IS_NEW = "&Driver = 3 AND NOT !Driver = 3 AND NOT OLDERVERSION"
STATE_GOES = 'REMOVE = "ALL" AND NOT UPGRADINGPRODUCTCODE AND NOT KEEPSTATE'

# Before anything is asked of the machine; with windows and without.
FIRST = (
    ("FindRelatedProducts", None, 25),
    ("AppSearch", None, 50),
    ("RememberCollector", "KEPTCOLLECTOR AND NOT COLLECTOR", 60),
    ("LaunchConditions", None, 100),
    ("ValidateProductID", None, 700),
    ("CostInitialize", None, 800),
    ("FileCost", None, 900),
    ("CostFinalize", None, 1000),
    ("MigrateFeatureStates", None, 1200),
)
EXECUTE = (
    *FIRST,
    ("InstallValidate", None, 1400),
    ("InstallInitialize", None, 1500),
    ("RemoveExistingProducts", None, 1501),  # within the transaction: if the new one fails, the old one comes back
    ("ProcessComponents", None, 1600),
    ("UnpublishFeatures", None, 1800),
    ("StopAgent", AGENT_GOES, 1890),
    ("StopServices", "VersionNT", 1900),
    ("DeleteServices", "VersionNT", 2000),
    ("RemoveDriver", DRIVER_GOES, 2100),
    ("RemoveRegistryValues", None, 2600),
    ("RemoveEnvironmentStrings", None, 3300),
    ("RemoveFiles", None, 3500),
    ("RemoveFolders", None, 3600),
    ("CreateFolders", None, 3700),
    ("InstallFiles", None, 4000),
    ("WriteRegistryValues", None, 5000),
    ("WriteEnvironmentStrings", None, 5200),
    ("TakeDriverBack", DRIVER_IS_NEW, 5690),
    ("InstallDriver", DRIVER_COMES, 5700),
    ("InstallServices", "VersionNT", 5800),
    ("MsiConfigureServices", 'VersionMsi >= "5.00"', 5850),
    ("RestartAfterFailure", AGENT_COMES, 5860),
    ("StartServices", "VersionNT", 5900),
    ("RegisterUser", None, 6000),
    ("RegisterProduct", None, 6100),
    ("PublishFeatures", None, 6300),
    ("PublishProduct", None, 6400),
    ("RemoveState", STATE_GOES, 6500),
    ("InstallFinalize", None, 6600),
)


def steps() -> tuple[Table, ...]:
    """Both sequences, and our own actions."""
    columns = "Action s72, Condition S255, Sequence I2"
    return (
        Table("InstallExecuteSequence", columns, 1, EXECUTE),
        Table("InstallUISequence", columns, 1, (*FIRST, ("ExecuteAction", None, 1300))),
        Table("CustomAction", "Action s72, Type i2, Source S72, Target S255, ExtendedType I4", 1, _ours()),
    )


def _ours() -> tuple[tuple[str, int, str, str, None], ...]:
    python = Names(PYTHON).key
    install, remove = (f'{COMMAND} driver {what} "{INF}"' for what in ("install", "remove"))
    stop = f"{PLAIN} -m barwatch_stop_service {SERVICE}"
    # Not by Python, which is gone then. Only once all else has succeeded: what is deleted cannot be rolled back.
    no_state = rf'"[System64Folder]cmd.exe" /d /c rmdir /s /q "[CommonAppDataFolder]{STATE_NAME}"'
    restarts = f'"[System64Folder]sc.exe" {RESTARTS}'
    return (
        ("RememberCollector", SET_PROPERTY, "COLLECTOR", "[KEPTCOLLECTOR]", None),
        ("StopAgent", PROGRAM_IN_PACKAGE | DEFERRED | GO_ON_IF_IT_FAILS, python, stop, None),
        ("InstallDriver", PROGRAM_IN_PACKAGE | DEFERRED, python, install, None),
        ("TakeDriverBack", PROGRAM_IN_PACKAGE | DEFERRED | ROLLBACK | GO_ON_IF_IT_FAILS, python, remove, None),
        (
            "RestartAfterFailure",
            PROGRAM_IN_FOLDER | DEFERRED | GO_ON_IF_IT_FAILS,
            "CommonAppDataFolder",
            restarts,
            None,
        ),
        ("RemoveDriver", PROGRAM_IN_PACKAGE | DEFERRED | GO_ON_IF_IT_FAILS, python, remove, None),
        (
            "RemoveState",
            PROGRAM_IN_FOLDER | DEFERRED | COMMIT | GO_ON_IF_IT_FAILS,
            "CommonAppDataFolder",
            no_state,
            None,
        ),
    )
