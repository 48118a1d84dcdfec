"""Settings of the Django application; a checkout runs with none set (see docs/commands/serve.md)."""

from __future__ import annotations

import os
from pathlib import Path

from treue.app import environment

# What these processes write is for this account alone, also where somebody else made the home folder before.
os.umask(0o077)
HOME = environment.private_folder(environment.home())
HTTPS = environment.yes("TREUE_HTTPS", default=False)
"""Whether people reach Treue by HTTPS only, as they must where it is not on their own machine."""

SECRET_KEY = environment.secret_key(HOME)
SECRET_KEY_FALLBACKS = environment.words("TREUE_SECRET_KEY_FALLBACKS")
DEBUG = False
ALLOWED_HOSTS = environment.words("TREUE_HOSTS", "localhost,127.0.0.1,[::1]")
ROOT_URLCONF = "treue.app.urls"
WSGI_APPLICATION = "treue.app.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": environment.database(HOME)}
AUTH_USER_MODEL = "core.User"
SILENCED_SYSTEM_CHECKS: list[str] = []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_htmx",
    "treue.app.core",
    "treue.app.customers",
    "treue.app.measuring",
    "treue.app.privacy",
    "treue.app.web",
]

MIDDLEWARE = [
    # What sets headers stands in front of whatever may answer: what is sent on to HTTPS, and files, carry them too.
    "treue.app.web.middleware.Headers",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "treue.app.web.middleware.Spoken",
    "treue.app.web.middleware.Access",
]

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "today"

PROXIES = environment.count("TREUE_PROXIES", default=0)
"""How many proxies of the firm's own stand in front; what others say of a client's address is not believed."""

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [
            Path(__file__).parent / "web" / "templates",
            # The report's own parts: a figure looks the same wherever it is shown.
            Path(__file__).parents[1] / "report" / "templates",
        ],
        "OPTIONS": {
            "environment": "treue.app.web.jinja.environment",
            "context_processors": ["treue.app.web.jinja.every_page"],
        },
    }
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("nb", "Norsk bokmål")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 31_536_000

# A cookie with the prefix __Host- is taken back by its own host only, and only over HTTPS.
SESSION_COOKIE_NAME = "__Host-treue" if HTTPS else "treue"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-treue-form" if HTTPS else "treue-form"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = environment.words("TREUE_ORIGINS")
CSRF_FAILURE_VIEW = "treue.app.web.refusals.stale_form"
SECURE_SSL_REDIRECT = HTTPS
# Whoever watches asks the server itself, not the proxy.
SECURE_REDIRECT_EXEMPT = [r"^alive/$"]
SECURE_HSTS_SECONDS = 63_072_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
        "report-uri": ["/policy-report/"],
        "report-to": "policy",
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_TEMP_DIR = str(environment.private_folder(HOME / "uploads"))
FILE_UPLOAD_HANDLERS = ["treue.app.web.uploads.Upload"]
FILE_UPLOAD_PERMISSIONS = 0o600

UPLOAD_BYTES = environment.count("TREUE_UPLOAD_MEGABYTES", default=2048, least=1) * 1024 * 1024
"""How large a file that somebody sends may be."""
NIGHTLY_BACKUPS = environment.count("TREUE_NIGHTLY_BACKUPS", default=7)
"""How many backups of past nights are kept; with 0 none is made."""
IMPORT_FOLDERS = environment.words("TREUE_IMPORT_FOLDERS", str(HOME / "incoming"))
"""Folders of the server from which an owner may bring files in."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "treue.app.core.logs.Sparing",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # What was asked for may hold a name or an address; the access log is the proxy's.
    "loggers": {"django.request": {"level": "ERROR"}, "treue": {"level": "INFO"}},
}
