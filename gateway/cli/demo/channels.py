"""Parts 6 and 7: partners with channels of their own, whose answers come back the way their orders came."""

import json
import time
from collections.abc import Callable

from gateway.cli.demo.scene import Scene
from gateway.cli.demo.sftp_partner import SftpPartner
from gateway.cli.demo.telling import Told, expect

WERRA, TANNHAUS = "4098765000027", "4098765000034"
PATIENCE = 60.0


def over_as2(scene: Scene) -> Told:
    """A signed receipt for these very bytes; then a CONTRL and, once Odoo has confirmed the order, an ORDRSP."""
    order = scene.documents.order_of("-A", WERRA)
    mdn = scene.werra.send(f"{scene.house.gateway}/as2", order, "order.edi")
    expect("the disposition", "processed", str(mdn.disposition))
    answers = _answers(scene, "-A", lambda: [one.content for one in scene.werra.received])
    sentence = f"signed MDN `{mdn.disposition}`, then over AS2 to {scene.werra.url}: {' and '.join(answers)}"
    return Told(sentence, {"disposition": str(mdn.disposition), "answers": answers})


def over_sftp(scene: Scene) -> Told:
    """The close of the file is answered after the commit; the answers lie in /ack and /out."""
    order = scene.documents.order_of("-S", TANNHAUS)
    name = f"{scene.documents.order_number('-S')}.edi"
    with SftpPartner(scene.house) as partner:
        partner.drop(name, order.content)
        (acknowledged,) = (json.loads(file) for kept, file in partner.fetch("ack") if kept.startswith(name))
        expect(f"the status of {name} in /ack", "accepted", acknowledged["status"])
        came: list[bytes] = []

        def look() -> list[bytes]:
            came.extend(content for _, content in partner.fetch("out"))
            return came

        answers = _answers(scene, "-S", look)
    sentence = f"{acknowledged['status']} in /ack, then in /out: {' and '.join(answers)}"
    return Told(sentence, {"message": acknowledged["message"], "answers": answers})


def _answers(scene: Scene, suffix: str, look: Callable[[], list[bytes]]) -> list[str]:
    """A CONTRL for this very interchange and the order response to this very order, each with its control number."""
    wanted = {"CONTRL": scene.documents.interchange(suffix), "ORDRSP": scene.documents.order_number(suffix)}
    deadline = time.monotonic() + PATIENCE
    while True:
        contents = look()
        found = {kind: _one(contents, kind, number) for kind, number in wanted.items()}
        if all(found.values()) or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    for kind, number in wanted.items():
        expect(f"a {kind} for {number}", True, found[kind] is not None)
    return [f"{kind} {_reference(content)}" for kind, content in found.items() if content is not None]


def _one(contents: list[bytes], kind: str, number: str) -> bytes | None:
    fitting = (one for one in contents if f"+{kind}:".encode() in one and number.encode() in one)
    return next(fitting, None)


def _reference(content: bytes) -> str:
    """The interchange control reference (0020), the last element of UNZ."""
    return content.rstrip().rpartition(b"+")[2].rstrip(b"'").decode("ascii")
