"""`python -m ci.pipelines --tenant NAME`: see `run`."""

from __future__ import annotations

import sys

from .ending import not_as_1

if __name__ == "__main__":
    sys.excepthook = not_as_1
    from .run import main  # what it needs may be missing, and that is an error too

    sys.exit(main(sys.argv[1:]))
