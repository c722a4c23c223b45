"""OpenAS2, an AS2 server in Java: it sends what is laid into its outbox, and lays what it receives into its inbox."""

import os
import subprocess
import time
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PBES,
    PKCS12Certificate,
    serialize_key_and_certificates,
)
from support.as2_keys import Holder

from tests.real.keycloak_server import CannotStart, free_ports

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "only-in-this-test"
US, THEM = "WERK-ULM", "nordwind-edi"
_START_SECONDS = 60

CONFIG = """\
<openas2>
  <properties as2_message_id_format="OPENAS2-$date.ddMMyyyyHHmmssZ$-$rand.UUID$@nordwind.example"/>
  <certificates classname="org.openas2.cert.PKCS12CertificateFactory" filename="%home%/keys.p12"
    password="{password}" interval="300"/>
  <partnerships classname="org.openas2.partner.XMLPartnershipFactory" filename="%home%/partnerships.xml" interval="1"/>
  <loggers><logger classname="org.openas2.logging.ConsoleLogger" enabled="true"/></loggers>
  <commands classname="org.openas2.cmd.XMLCommandRegistry" filename="%home%/commands.xml"/>
  <processor classname="org.openas2.processor.DefaultProcessor" pendingMDN="%home%/pending"
    pendingMDNinfo="%home%/pending-info">
    <module classname="org.openas2.processor.sender.AS2SenderModule"/>
    <module classname="org.openas2.processor.sender.MDNSenderModule"/>
    <module classname="org.openas2.processor.receiver.AS2DirectoryPollingModule" outboxdir="%home%/outbox"
      errordir="%home%/outbox-error" interval="1" defaults="sender.as2_id={them}, receiver.as2_id={us}"
      sendfilename="true" mimetype="application/edifact"/>
    <module classname="org.openas2.processor.storage.MDNFileModule" protocol="as2" tempdir="%home%/temp"
      filename="%home%/receipts/$mdn.msg.headers.message-id$"/>
    <module classname="org.openas2.processor.storage.MessageFileModule" protocol="as2" tempdir="%home%/temp"
      filename="%home%/inbox/$msg.headers.message-id$"/>
    <module classname="org.openas2.processor.receiver.AS2ReceiverModule" address="127.0.0.1" port="{port}"
      errordir="%home%/inbox-error" errorformat="headers.message-id"/>
    <module classname="org.openas2.processor.receiver.AS2MDNReceiverModule" address="127.0.0.1" port="{receipts}"/>
  </processor>
</openas2>
"""

PARTNERSHIPS = """\
<partnerships>
  <partner name="us" as2_id="{us}" x509_alias="us" email="edi@ulm.example"/>
  <partner name="them" as2_id="{them}" x509_alias="them" email="edi@nordwind.example"/>
  <partnership name="them-us">
    <sender name="them"/>
    <receiver name="us"/>
    <attribute name="protocol" value="as2"/>
    <attribute name="content_transfer_encoding" value="binary"/>
    <attribute name="subject" value="orders"/>
    <attribute name="as2_url" value="{url}"/>
    <attribute name="as2_mdn_to" value="edi@nordwind.example"/>
    <attribute name="as2_mdn_options"
      value="signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, SHA256"/>
    <attribute name="encrypt" value="{cipher}"/>
    <attribute name="sign" value="SHA256"/>
    <attribute name="resend_max_retries" value="0"/>
    {more}
  </partnership>
  <partnership name="us-them">
    <sender name="us"/>
    <receiver name="them"/>
    <attribute name="protocol" value="as2"/>
    <attribute name="as2_mdn_to" value="edi@ulm.example"/>
    <attribute name="as2_mdn_options"
      value="signed-receipt-protocol=optional, pkcs7-signature; signed-receipt-micalg=optional, SHA256"/>
    <attribute name="encrypt" value="AES256"/>
    <attribute name="sign" value="SHA256"/>
  </partnership>
</partnerships>
"""
LATER = '<attribute name="as2_receipt_option" value="{url}"/>'


class OpenAs2:
    """Plays the partner until `stop`. `receipts_url` is where it takes asynchronous receipts. Raises CannotStart."""

    def __init__(self, folder: Path, us: Holder, them: Holder) -> None:
        cache = os.environ.get("GATEWAY_REAL_CACHE") or str(Path.home() / ".cache" / "partner-gateway")
        fetched = subprocess.run(
            [REPOSITORY / ".ci" / "fetch-openas2", f"{cache}/openas2"], capture_output=True, text=True, check=False
        )
        if fetched.returncode:
            reason = (fetched.stderr.strip() or "no reason is told").splitlines()[-1]
            raise CannotStart(f"OpenAS2 cannot be had: {reason}")
        self.folder, self.outbox = folder, folder / "outbox"
        self.inbox, self.receipts = folder / "inbox", folder / "receipts"
        locked = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048)  # as its old library reads it
        locked = locked.key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(SHA1())
        keys = serialize_key_and_certificates(
            b"them", them.key, them.certificate, [PKCS12Certificate(us.certificate, b"us")],  # type: ignore[arg-type]
            locked.build(PASSWORD.encode()),
        )  # fmt: skip
        (folder / "keys.p12").write_bytes(keys)
        (folder / "commands.xml").write_text("<commands/>\n")
        port, receipts = free_ports(2)
        self.url, self.receipts_url = f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{receipts}/"
        words = {"password": PASSWORD, "us": US, "them": THEM, "port": port, "receipts": receipts}
        (folder / "config.xml").write_text(CONFIG.format(**words))
        self.let("http://127.0.0.1:1/")
        self._log = (folder / "openas2.log").open("wb")
        self._process = subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=1", "-Dorg.apache.commons.logging.Log=org.openas2.logging.Log",
             "-cp", fetched.stdout.strip(), "org.openas2.app.OpenAS2Server",
             str(folder / "config.xml")],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, cwd=folder,
        )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while "OpenAS2 Server" not in self.log() or "started" not in self.log():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise CannotStart(f"OpenAS2 does not start:\n{self.log()[-2000:]}")
            time.sleep(0.1)

    def let(self, url: str, *, cipher: str = "AES256", more: str = "") -> None:
        """How it sends to us; it looks at the file every second."""
        words = {"us": US, "them": THEM, "url": url, "cipher": cipher, "more": more}
        (self.folder / "partnerships.xml").write_text(PARTNERSHIPS.format(**words))

    def send(self, name: str, content: bytes) -> None:
        """Under a name of its own, all at once: it looks into the folder every second."""
        self.outbox.mkdir(exist_ok=True)
        part = self.folder / f"{name}.part"
        part.write_bytes(content)
        part.rename(self.outbox / name)

    def log(self) -> str:
        return (self.folder / "openas2.log").read_text(errors="replace")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()
