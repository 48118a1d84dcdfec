"""``python -m treue.cli`` is the command `treue`."""

from treue.cli import main

main()
