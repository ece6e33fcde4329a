"""What the clients have in common: turns that are asked for by lines of JSON, and a tool that runs a command."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Callable

TOOL = "run"
DESCRIPTION = "Runs a command of a shell"
PARAMETERS = {
    "type": "object",
    "properties": {"command": {"type": "string"}},
    "required": ["command"],
    "additionalProperties": False,
}


def run(command: str) -> str:
    """Runs a command of a shell."""
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout


@dataclass(frozen=True)
class Asked:
    id: int
    base_url: str
    model: str
    prompt: str
    stream: bool


def same(pieces: list[str], text: str) -> str:
    """The text, if it is what the pieces of the stream say."""
    if "".join(pieces) != text:
        raise AssertionError(f"{pieces} became {text!r}")
    return text


def serve(turn: Callable[[Asked], str]) -> None:
    """Has a turn for each line of the input, several beside each other, and prints a line when it has ended: the answer's last
    text, or what the client raised."""
    output = Lock()

    def answer(line: str) -> None:
        asked = Asked(**json.loads(line))
        try:
            ended = {"texts": [turn(asked)]}
        except AssertionError as broken:
            ended = {"broken": str(broken)}
        except Exception as error:
            ended = {"error": f"{type(error).__name__}: {error}"}
        with output:
            print(json.dumps({"id": asked.id, **ended}), flush=True)

    with ThreadPoolExecutor(8) as pool:
        for line in sys.stdin:
            pool.submit(answer, line)
