"""Serve one scripted answer to other processes, until this one is ended."""

import argparse
import sys

import anyio

from tests.providers import WIRES, Answer, Call, Piece, Thought, provider_server


async def _serve(arguments: argparse.Namespace) -> None:
    size = arguments.size
    pieces: list[Piece] = [Thought(f"{number} ") for number in range(arguments.thoughts)]
    pieces += [f"{number:0{size}d}"[-size:] for number in range(arguments.pieces)]
    pieces += [Call(name, size=8) for name in arguments.call]
    answer = Answer(tuple(pieces), delay=arguments.delay)
    async with provider_server(arguments.wire, answer, port=arguments.port) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        await anyio.sleep_forever()


def main() -> None:
    """Serve; the first line out is the base URL."""
    parser = argparse.ArgumentParser(prog="python -m tests.providers", description=__doc__)
    parser.add_argument("wire", choices=sorted(WIRES), help="what it speaks")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--pieces", type=int, default=20, help="pieces of text in the answer")
    parser.add_argument("--size", type=int, default=5, help="characters in a piece")
    parser.add_argument("--thoughts", type=int, default=0, help="pieces of reasoning ahead of it")
    parser.add_argument(
        "--call", action="append", default=[], metavar="TOOL", help="call this tool"
    )
    parser.add_argument("--delay", type=float, default=0.0, help="seconds between pieces")
    anyio.run(_serve, parser.parse_args())


if __name__ == "__main__":
    main()
