"""The program's entry: refuse a Python that is too old in one sentence, then hand over to the command line.

This module and the package's own `__init__` keep to syntax that old Pythons read, or the sentence would never show.
"""

import sys

OLDEST = (3, 11)


def main() -> int:
    """Run the command line; the exit code is 0 (fine), 1 (experiment or data at fault) or 2 (usage, environment)."""
    if sys.version_info[:2] < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:2])
        sys.stderr.write(
            "cnnstudio: CNN Studio needs Python 3.11 or newer, and this is Python "
            + found
            + ": create its environment with a newer Python.\n"
        )
        return 2
    try:
        from cnnstudio.cli import run
    except ModuleNotFoundError as error:
        sys.stderr.write(
            "cnnstudio: The package " + str(error.name) + " is not installed beside CNN Studio: "
            'run "python -m pip install cnnstudio" in the environment it is started from.\n'
        )
        return 2
    except KeyboardInterrupt:  # while loading: later on, `run` answers it
        sys.stderr.write("cnnstudio: Stopped.\n")
        return 130
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
