"""What guests are made from: a kernel of this machine's distribution, an initramfs, the driver and the lab's module."""

import gzip
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
MODULES = ("9p", "9pnet_virtio", "virtio_pci", "virtio_net")  # what reaches the host's files and the collector
INITRAMFS, DRIVER, FAULTS = "initramfs.gz", "driver/linux/barwatch.ko", "faults/lab_faults.ko"
TOOLS = {  # a file of each Debian package that the lab needs
    "qemu-system-x86": "/usr/bin/qemu-system-x86_64",
    "acpica-tools": "/usr/bin/iasl",
    "busybox-static": "/bin/busybox",
    "cpio": "/usr/bin/cpio",
    "kmod": "/sbin/modprobe",
    "pciutils": "/usr/bin/setpci",
    "gcc": "/usr/bin/gcc",
    "make": "/usr/bin/make",
}


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel that can be booted and built against."""

    release: str
    image: Path
    build: Path


@dataclass(frozen=True, slots=True)
class Parts:
    """Files that guests share; none of them is written to after it is made."""

    kernel: Kernel
    initramfs: Path
    driver: Path  # barwatch.ko
    faults: Path  # lab_faults.ko


def missing_packages() -> list[str]:
    """The Debian packages that the lab needs and this machine does not have."""
    missing = [package for package, file in TOOLS.items() if not Path(file).exists()]
    return missing if newest_kernel() else [*missing, "linux-image-amd64", "linux-headers-amd64"]


def newest_kernel(modules: Path = Path("/lib/modules"), boot: Path = Path("/boot")) -> Kernel | None:
    """The newest kernel that has its modules, its image and its headers here; None when there is none."""
    found = [
        Kernel(folder.name, boot / f"vmlinuz-{folder.name}", folder / "build")
        for folder in (modules.iterdir() if modules.is_dir() else ())
        if (boot / f"vmlinuz-{folder.name}").exists() and (folder / "build/Makefile").exists()
    ]
    return max(found, key=lambda kernel: [int(digits) for digits in re.findall(r"\d+", kernel.release)], default=None)


def built_parts(folder: Path) -> Parts:
    """Everything made in the folder, about ten seconds; or found in it, when it was made before.

    Raises:
        RuntimeError: a package is missing, or something could not be built; the text says what.
    """
    if missing := missing_packages():
        msg = f"the lab needs Debian packages that are not installed: {' '.join(missing)}"
        raise RuntimeError(msg)
    kernel = newest_kernel()
    initramfs, driver, faults = (folder / file for file in (INITRAMFS, DRIVER, FAULTS))
    for file, make in ((initramfs, _make_initramfs), (driver, _make_driver), (faults, _make_faults)):
        if not file.exists():
            make(kernel, folder)
    return Parts(kernel, initramfs, driver, faults)


def _make_initramfs(kernel: Kernel, folder: Path) -> None:
    root = folder / "initramfs"
    for name in ("bin", "lib/modules", "proc", "sys", "dev", "newroot"):
        (root / name).mkdir(parents=True)
    shutil.copy(TOOLS["busybox-static"], root / "bin/busybox")
    for name in ("init", "shell"):
        shutil.copy(HERE / "inside" / name, root / name)
    modules = _modules(kernel)
    for module in modules:
        shutil.copy(module, root / "lib/modules")
    (root / "modules").write_text("\n".join(module.name for module in modules))
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    archive = _run("cpio", "--quiet", "-o", "-H", "newc", cwd=root, input=names.encode())
    (folder / INITRAMFS).write_bytes(gzip.compress(archive, 1))


def _modules(kernel: Kernel) -> list[Path]:
    """Files of the modules in the order in which they must be loaded, each once."""
    found: dict[Path, None] = {}
    for name in MODULES:
        lines = _run(TOOLS["kmod"], "-S", kernel.release, "--show-depends", name).decode().splitlines()
        found |= dict.fromkeys(Path(line.split()[1]) for line in lines if line.startswith("insmod "))
    return list(found)


def _make_driver(kernel: Kernel, folder: Path) -> None:
    """Built outside of the checkout: kbuild leaves dozens of files behind."""
    copy = shutil.copytree(CHECKOUT / "driver", folder / "driver")
    _run("make", "-s", "-C", str(copy / "linux"), f"KDIR={kernel.build}")


def _make_faults(kernel: Kernel, folder: Path) -> None:
    source = shutil.copytree(HERE / "faults", folder / "faults")
    _run("make", "-s", "-C", str(kernel.build), f"M={source}", "modules")


def _run(*command: str, **options: object) -> bytes:
    done = subprocess.run(command, capture_output=True, check=False, **options)
    if done.returncode:
        msg = f"{' '.join(command)}:\n{done.stderr.decode(errors='replace')}"
        raise RuntimeError(msg)
    return done.stdout
