"""Run as a program: ``kill.py CASE KILLS SEED``; it prints one line of JSON. A careless case ends when it went wrong."""

from __future__ import annotations

import json
import os
import random
import sys


def main(name, kills, seed):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "treue.app.settings")
    import django

    django.setup()
    import machine
    from catalogue import find

    found = machine.kill_often(
        find(name), int(kills), random.Random(int(seed)), until_wrong=name.startswith("careless")
    )
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
