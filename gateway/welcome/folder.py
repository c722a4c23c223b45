"""The welcome kit as a folder that can be sent: the page, our certificates, samples, the lines for `known_hosts`."""

from pathlib import Path

from gateway.welcome.kit import Kit
from gateway.welcome.page import page

PAGE, HOSTS, VERIFIERS = "README.md", "known_hosts", "gateway.vkey"


def write_folder(kit: Kit, folder: Path) -> list[Path]:
    """Every file that was written, over one of the same name; what else lies there stays. Raises OSError."""
    contents = {PAGE: page(kit).encode()}
    contents |= {one.file: one.content for one in kit.certificates}
    contents |= {one.file: one.content for one in kit.samples}
    if kit.mailbox is not None and kit.mailbox.host_keys:
        contents[HOSTS] = "".join(f"{one.known_hosts}\n" for one in kit.mailbox.host_keys).encode()
    if kit.receipt_keys:
        contents[VERIFIERS] = "".join(f"{one}\n" for one in kit.receipt_keys).encode()
    written = []
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written
