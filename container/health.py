"""Whether a container is well: `python health.py URL` asks the service in it, `python health.py` tries to write its workspace.

Exit codes: 0 well, 1 not, with the reason on standard output, which `docker inspect` shows. Standard library only: it runs
every few seconds.
"""

import os
import sys
import tempfile
import urllib.request

_PATIENCE_S = 5.0


def main() -> None:
    """Run the program."""
    try:
        ask(sys.argv[1]) if len(sys.argv) > 1 else write(os.environ.get("MMPT_WORKSPACE", "workspace"))
    except OSError as error:  # URLError is one
        print(error)
        raise SystemExit(1) from None


def ask(url: str) -> None:
    """Ask a service of this container.

    Raises:
        OSError: it does not answer in five seconds, or answers that it is not well (400 and above).
    """
    own = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy for downloads knows nothing of it
    with own.open(url, timeout=_PATIENCE_S) as answer:
        answer.read()


def write(workspace: str) -> None:
    """Write a file that nobody sees, where runs will be stored; a volume that belongs to root fails here.

    Raises:
        OSError: it cannot be written.
    """
    if "://" in workspace:
        return
    with tempfile.TemporaryFile(dir=workspace) as file:
        file.write(b"well")


if __name__ == "__main__":
    main()
