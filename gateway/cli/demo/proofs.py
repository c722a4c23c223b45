"""Part 9: what was recorded can be proven, by us and by a sender who trusts nobody."""

import json

from gateway.cli.demo.scene import Scene
from gateway.cli.demo.telling import Told, expect


def audit(scene: Scene) -> Told:
    """The real command, over everything since the first run in this folder."""
    ran = scene.house.command("audit", "verify", "--json")
    expect(f"the status of `audit verify` ({(ran.stderr + ran.stdout).strip()[-1000:]})", 0, ran.returncode)
    said = json.loads(ran.stdout)
    expect("its verdict", True, said["ok"])
    ran = scene.house.command("message", "balance")
    expect(f"the status of `message balance` ({ran.stdout.strip()})", 0, ran.returncode)
    balance = json.loads(ran.stdout)
    expect("the ledger's imbalance", 0, balance["imbalance"])
    sentence = f"{said['events']} events under {said['checkpoints']} signed checkpoints, imbalance 0"
    return Told(sentence, {"events": said["events"], "checkpoints": said["checkpoints"], "balance": balance})


def receipt_offline(scene: Scene) -> Told:
    """With the receipt, the public key and the document: no server, no database, no settings."""
    receipt = scene.receipt("edifact")
    folder = scene.house.folder / "receipts"
    folder.mkdir(exist_ok=True)
    file, document = folder / f"{receipt['message']}.tlog-proof", folder / f"{receipt['message']}.edi"
    file.write_bytes(scene.fetch_receipt(scene.distributor, receipt))
    document.write_bytes(scene.documents.order_in_edifact().content)
    keys = sorted(scene.house.keys.glob("*.vkey"))
    expect("public keys of the gateway, at least one", True, bool(keys))
    arguments = ["audit", "verify-receipt", str(file), "--content", str(document), "--json"]
    arguments += [word for key in keys for word in ("--key", str(key))]
    ran = scene.house.command(*arguments, environment=False)
    expect(f"the status of `audit verify-receipt` ({ran.stderr.strip()[-1000:]})", 0, ran.returncode)
    said = json.loads(ran.stdout)
    expect("the message it speaks of", receipt["message"], said["message"])
    expect("its verdict", "accepted", said["verdict"])
    document.write_bytes(document.read_bytes().replace(b"QTY+21:48", b"QTY+21:49"))
    forged = scene.house.command(*arguments, environment=False)
    document.write_bytes(scene.documents.order_in_edifact().content)
    expect("the status for another document than the one it is about", 1, forged.returncode)
    sentence = (
        f"good for the document that was sent, refused for one with another quantity; {file.name[:13]}….tlog-proof"
    )
    return Told(sentence, {"receipt": str(file), "keys": [str(key) for key in keys], "at": said["at"]})
