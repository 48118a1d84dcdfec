"""Run as a program: ``kill.py CASE KILLS SEED`` kills at random, ``kill.py CASE steps MOST`` at so many steps or all.

It prints one line of JSON. A careless case ends when it went wrong.
"""

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
    import steps
    from catalogue import find

    careless = name.startswith("careless")
    if kills == "steps":
        case = find(name)
        found = steps.kill_at_steps(case, int(seed), until_wrong=careless)
        if hasattr(case, "careless"):
            found["careless"] = steps.kill_at_steps(case.careless(), int(seed), until_wrong=True)["wrong"]
    else:
        found = machine.kill_often(find(name), int(kills), random.Random(int(seed)), until_wrong=careless)
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
