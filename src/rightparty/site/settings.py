# SPDX-License-Identifier: Apache-2.0
"""All settings, each from an environment variable with a safe default; docs/reference/settings.md lists them."""

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.csp import CSP

from rightparty.site import log_lines

HOME = Path(os.environ.get("RIGHTPARTY_HOME", "var")).resolve()
"""Where the embedded store, the secret key and logs live."""


def _secret_key() -> str:
    """Return the key from the environment, else one made once and kept in HOME, readable by its owner only."""
    if key := os.environ.get("RIGHTPARTY_SECRET_KEY"):
        return key
    file = HOME / "secret_key"
    if not file.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(48))
    return file.read_text()


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("RIGHTPARTY_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("RIGHTPARTY_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "rightparty.evidence",
    "rightparty.store",
    "rightparty.parties",
    "rightparty.lending",
    "rightparty.planning",
    "rightparty.dispatch",
    "rightparty.inbound",
    "rightparty.casework",
    "rightparty.intake",
    "rightparty.simulation",
    "rightparty.portal",
    "rightparty.console",
    "rightparty.api",
    "rightparty.site",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1
ROOT_URLCONF = "rightparty.site.urls"
WSGI_APPLICATION = "rightparty.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rightparty.console.halts.halt_in_force",
            ]
        },
    }
]

DATABASES = {"default": dj_database_url.parse(os.environ.get("DATABASE_URL", f"sqlite:///{HOME / 'rightparty.db'}"))}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Django's own, with a line in front of the one writer
    DATABASES["default"]["ENGINE"] = "rightparty.store.locks.sqlite3"
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # FULL: an intent that was committed survives a power cut, or a reminder could go out twice (once).
        # Pages of 8 KB, of a file that is new: three records of evidence in one, where 4 KB would hold one and a gap.
        "init_command": "PRAGMA page_size=8192; PRAGMA journal_mode=WAL;"
        " PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
        " PRAGMA cache_size=-64000; PRAGMA foreign_keys=ON;"
        # 64 MB of log before it is copied into the file: a batch at the gate writes much, many pages again and again
        " PRAGMA wal_autocheckpoint=8000;",
    }
# "-" writes log lines to standard error, as containers want them
LOG_FILE = os.environ.get("RIGHTPARTY_LOG", str(HOME / "rightparty.log"))
LOGGING = log_lines.configure(None if LOG_FILE == "-" else Path(LOG_FILE))

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")]
LOCALE_PATHS = [Path(__file__).parent.parent / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [Path(__file__).parent / "static"]
WHITENOISE_USE_FINDERS = True

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
# Not "no-referrer": under it browsers send `Origin: null` with every form, which the CSRF check refuses.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("RIGHTPARTY_HTTPS") == "1"
LOGIN_URL = "/console/login/"
LOGIN_REDIRECT_URL = "/console/"
LOGOUT_REDIRECT_URL = "/console/login/"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024

RIGHTPARTY: dict[str, Any] = {
    "HOME": HOME,
    # who signs every message, as registered with the carriers and shown on the recipient's page
    "SENDER_NAME": os.environ.get("RIGHTPARTY_SENDER", "Lantern"),
    # the lender's own number, for texts that name one; empty: none may
    "PHONE": os.environ.get("RIGHTPARTY_PHONE", ""),
    # the lender's own address, under which /m/CODE is served and linked
    "PUBLIC_URL": os.environ.get("RIGHTPARTY_PUBLIC_URL", "http://127.0.0.1:8000"),
    # "simulated" (embedded handsets and mailboxes) or "smpp://user:password@host:port" / "smtp://host:port"
    "SMS_CHANNEL": os.environ.get("RIGHTPARTY_SMS", "simulated"),
    "EMAIL_CHANNEL": os.environ.get("RIGHTPARTY_EMAIL", "simulated"),
    # automated calls, letters and pushes: addresses of providers; empty: nobody serves the channel
    "CALL_CHANNEL": os.environ.get("RIGHTPARTY_CALL", ""),
    "POST_CHANNEL": os.environ.get("RIGHTPARTY_POST", ""),
    "APP_CHANNEL": os.environ.get("RIGHTPARTY_APP", ""),
    # signs e-mails: selector:domain:/path/to/key.pem; empty: the mail server signs, or nobody
    "DKIM": os.environ.get("RIGHTPARTY_DKIM", ""),
    "EMAIL_FROM": os.environ.get("RIGHTPARTY_EMAIL_FROM", "reminders@lantern.example"),
    "SMS_FROM": os.environ.get("RIGHTPARTY_SMS_FROM", "1069000000"),
    # the lender's own files over the shipped ones; empty for the shipped ones
    "STRATEGY_FILE": os.environ.get("RIGHTPARTY_STRATEGY", ""),
    "HOUSE_RULES_FILE": os.environ.get("RIGHTPARTY_HOUSE_RULES", ""),
    # attribution parameters fitted to the lender's own events; empty: the shipped ones
    "ATTRIBUTION_FILE": os.environ.get("RIGHTPARTY_ATTRIBUTION", ""),
    # from when on a load is quarantined; empty: the shipped limits
    "LOAD_LIMITS_FILE": os.environ.get("RIGHTPARTY_LOAD_LIMITS", ""),
    # what the linkage model may merge by itself; empty: the shipped rules
    "LINK_RULES_FILE": os.environ.get("RIGHTPARTY_LINK_RULES", ""),
    # how new contact data are tried and when the breaker stops them; empty: the shipped rules
    "TRIAL_FILE": os.environ.get("RIGHTPARTY_TRIAL", ""),
    # where alarms go beside the log: an address of operations; https address of a webhook and the key that signs it
    "ALARM_EMAIL": os.environ.get("RIGHTPARTY_ALARM_EMAIL", ""),
    "ALARM_WEBHOOK": os.environ.get("RIGHTPARTY_ALARM_WEBHOOK", ""),
    "ALARM_WEBHOOK_KEY": os.environ.get("RIGHTPARTY_ALARM_WEBHOOK_KEY", ""),
    "ALARM_SMTP": os.environ.get("RIGHTPARTY_ALARM_SMTP", ""),
    # carriers' network interfaces for silent look-ups, https://TOKEN@host/base; empty: nobody is asked
    "LOOKUPS": os.environ.get("RIGHTPARTY_LOOKUPS", ""),
    # which look-ups law and contract allow here, comma separated: status_lookup, holder_lookup, subscriber_lookup
    "LOOKUP_STEPS": [step for step in os.environ.get("RIGHTPARTY_LOOKUP_STEPS", "").split(",") if step],
    # how persons may be asked whether a contact point is theirs, comma separated: ask_in_app, one_time_code, letter;
    # with a country before (US:letter) in that country alone
    "VERIFY_STEPS": [step for step in os.environ.get("RIGHTPARTY_VERIFY_STEPS", "").split(",") if step],
    # keys of pushed events, base64, separated by spaces; empty: no event is taken
    "EVENTS_KEYS": os.environ.get("RIGHTPARTY_EVENTS_KEYS", "").split(),
    # asked to call an agent's number: https://TOKEN@host/base; empty: agents dial by hand
    "DIALLER": os.environ.get("RIGHTPARTY_DIALLER", ""),
    # folder in which the dialler leaves recordings, for those attached by name; empty: none are
    "RECORDINGS_FROM": os.environ.get("RIGHTPARTY_RECORDINGS_FROM", ""),
    # bearer tokens of the API, comma separated; empty: the API answers nobody
    "API_TOKENS": [token for token in os.environ.get("RIGHTPARTY_API_TOKENS", "").split(",") if token],
}
