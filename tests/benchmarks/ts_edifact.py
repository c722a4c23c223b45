"""The npm package ts-edifact on the same bytes, where npm and node are there and the package can be fetched."""

import json
import shutil
import subprocess
from pathlib import Path

VERSION = "0.0.14"
PROGRAM = Path(__file__).with_name("ts_edifact.js")


def fetched(into: Path) -> Path | str:
    """The package installed below `into`, or a sentence why not."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "npm or node is not here"
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(into), f"ts-edifact@{VERSION}"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    package = into / "node_modules" / "ts-edifact"
    return package if ran.returncode == 0 and package.is_dir() else "npm could not fetch ts-edifact"


def seconds(package: Path, file: Path, how: str) -> float:
    """Processor time of node for one reading of `file`, engine warm; `how`: `streamed` or `collected`."""
    command = ["node", str(PROGRAM), str(package), str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    return float(json.loads(ran.stdout)[how])
