"""`forumlens` and `python -m forumlens`."""

from __future__ import annotations

from forumlens.cli.app import main

if __name__ == "__main__":
    main()
