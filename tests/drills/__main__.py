"""Drills: real processes, really killed. `python -m tests.drills overlap`, or `workers`; each says what it shows."""

from __future__ import annotations

import sys

from tests.drills import overlap, workers

DRILLS = {"overlap": overlap.main, "workers": workers.main}

if __name__ == "__main__":
    if sys.argv[1:2] == [] or sys.argv[1] not in DRILLS:
        sys.exit(f"{__doc__}")
    sys.exit(DRILLS[sys.argv[1]](*map(int, sys.argv[2:])))
