"""`python -m benchmarks [NAME]… [--rounds N]`: measures, and prints one table."""

import argparse

from benchmarks import commands, fanout, flat, page, providers, turns, waiting
from benchmarks.figures import HEAD
from benchmarks.processes import Missing, server

BENCHMARKS = {
    "bulk": turns.bulk,
    "trickle": turns.trickle,
    "first": turns.first,
    "whole": turns.whole,
    "live": turns.live,
    "providers": providers.providers,
    "waiting": waiting.waiting,
    "flat": flat.flat,
    "fanout": fanout.fanout,
    "page": page.page,
    "typing": page.typing,
    "cold": commands.cold,
    "startup": commands.startup,
}


def main() -> None:
    """Run the benchmarks named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=7, help="how often each pair is measured")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    print(HEAD)
    with server() as address:
        for name in arguments.names or BENCHMARKS:
            try:
                for figure in BENCHMARKS[name](address, arguments.rounds):
                    print(figure, flush=True)
            except Missing as missing:
                print(f"| {name} | skipped: it needs {missing} | | | | | |", flush=True)


if __name__ == "__main__":
    main()
