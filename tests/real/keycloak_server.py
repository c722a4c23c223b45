"""A real Keycloak for the identity tests: fetched once, started fresh for each session, gone afterwards.

It listens on loopback only, plain and with TLS (its certificate and the clients' come from an authority made for the
session), keeps its data in a folder of the session, and has a bootstrap administrator with a random password.
"""

import os
import secrets
import shutil
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 150
ADMIN = "bootstrap"


class CannotStart(Exception):  # noqa: N818 - a state of the world, not a defect
    """What is missing for the lane, as a sentence."""


@dataclass
class Keycloak:
    """A running server. `certificates` holds `ca.pem`, `client.pem` and `client.key`."""

    url: str
    tls_url: str
    admin: str
    password: str
    certificates: Path
    process: subprocess.Popen
    home: Path

    def tls(self, *, with_certificate: bool = True) -> ssl.SSLContext:
        """For httpx: trusts the session's authority, shows the client certificate if asked to."""
        context = ssl.create_default_context(cafile=str(self.certificates / "ca.pem"))
        if with_certificate:
            context.load_cert_chain(self.certificates / "client.pem", self.certificates / "client.key")
        return context

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home)  # 200 MB that pytest would keep for three sessions


def start(folder: Path) -> Keycloak:
    """A server that answers. Raises CannotStart."""
    distribution = fetch()
    certificates = make_certificates(folder / "certificates")
    home = folder / "keycloak"
    shutil.copytree(distribution, home, symlinks=True)  # it writes beside its program: data, and what it built
    port, tls_port, management_port = free_ports(3)
    password = secrets.token_urlsafe(24)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("KC_", "KEYCLOAK_", "JAVA_OPTS"))
    }
    environment |= {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN, "KC_BOOTSTRAP_ADMIN_PASSWORD": password}
    environment["JAVA_OPTS_APPEND"] = "-XX:TieredStopAtLevel=1"  # it lives a minute: start fast
    with (folder / "keycloak.log").open("wb") as log:
        process = subprocess.Popen(
            [
                home / "bin" / "kc.sh",
                "start-dev",
                "--http-host=127.0.0.1",
                f"--http-port={port}",
                f"--https-port={tls_port}",
                f"--http-management-port={management_port}",
                f"--https-certificate-file={certificates / 'server.pem'}",
                f"--https-certificate-key-file={certificates / 'server.key'}",
                "--https-client-auth=request",
                f"--truststore-paths={certificates / 'ca.pem'}",
                "--log-level=warn",
            ],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
    url = f"http://127.0.0.1:{port}"
    server = Keycloak(url, f"https://127.0.0.1:{tls_port}", ADMIN, password, certificates, process, home)
    try:
        wait_until_it_answers(server, folder / "keycloak.log")
    except BaseException:
        server.stop()
        raise
    return server


def fetch() -> Path:
    """The unpacked distribution, from the cache folder or through Maven."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise CannotStart("a real Keycloak needs Java 17 or newer, and there is no `java` here")
    cache = Path(os.environ.get("GATEWAY_REAL_CACHE") or Path.home() / ".cache" / "partner-gateway") / "keycloak"
    fetched = subprocess.run(
        [REPOSITORY / ".ci" / "fetch-keycloak", cache], capture_output=True, text=True, timeout=600, check=False
    )
    if fetched.returncode != 0:
        words = (fetched.stderr.strip() or fetched.stdout.strip()).splitlines()
        raise CannotStart(f"the Keycloak distribution cannot be fetched: {words[-1] if words else 'no reason given'}")
    return Path(fetched.stdout.strip().splitlines()[-1])


def wait_until_it_answers(server: Keycloak, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise CannotStart(f"Keycloak ended while starting: {last_words(log)}")
        try:
            if httpx.get(f"{server.url}/realms/master", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise CannotStart(f"Keycloak did not answer within {START_SECONDS} s: {last_words(log)}")


def last_words(log: Path) -> str:
    return " / ".join(log.read_text(errors="replace").strip().splitlines()[-5:])


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    return ports


def make_certificates(folder: Path) -> Path:
    """An authority, a server certificate for 127.0.0.1 and a client certificate, as PEM files."""
    folder.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Harbourline Test Authority")
    ca = _certificate(name, name, key.public_key(), key, is_authority=True)
    _write(folder / "ca.pem", ca.public_bytes(serialization.Encoding.PEM))
    for who, subject in (("server", "127.0.0.1"), ("client", "acme-edi")):
        own = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(_name(subject), name, own.public_key(), key, address=subject == "127.0.0.1")
        _write(folder / f"{who}.pem", certificate.public_bytes(serialization.Encoding.PEM))
        _write(folder / f"{who}.key", _private_pem(own))
    return folder


def _certificate(subject, issuer, public_key, signer, *, is_authority=False, address=False) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if address:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(place: Path, content: bytes) -> None:
    place.touch(mode=0o600)
    place.write_bytes(content)
