"""``python -m treue.app``: Django's own commands, and ``work`` for one piece of background work."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command of this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "treue.app.settings")  # noqa: TID251  (Django reads it there)
    if sys.argv[1:2] == ["work"]:
        import django

        django.setup()
        from treue.app.core.logs import spare_the_rest
        from treue.app.core.worker import do, end_in_order

        spare_the_rest()
        end_in_order()
        do(int(sys.argv[2]))
        return
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
