"""Django, set up once for every test and doctest, with a home folder that is thrown away."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

HOME = tempfile.mkdtemp(prefix="treue-home-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
for name in [name for name in os.environ if name.startswith("TREUE_") and name != "TREUE_TEST_DATABASE_URL"]:
    # What the person who runs the tests has set for an installation of their own is not for the tests.
    del os.environ[name]
os.environ["TREUE_HOME"] = HOME
os.environ["DJANGO_SETTINGS_MODULE"] = "treue.app.settings"

import django  # noqa: E402

django.setup()
