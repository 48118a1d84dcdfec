"""Every address, what answers there, and who may read and change it: one table, and nothing beside it.

A page that is not in the table does not exist; a role that is not named in its row is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from django.views.decorators.csrf import csrf_exempt

from treue.app.core.models.user import Role
from treue.kernel.language import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase

OWNER, MANAGER, SERVICE = Role.OWNER.value, Role.MANAGER.value, Role.SERVICE.value
ANALYST, AUDITOR = Role.ANALYST.value, Role.AUDITOR.value

NOBODY: Final[frozenset[str]] = frozenset()
ALL: Final = frozenset({OWNER, MANAGER, SERVICE, ANALYST, AUDITOR})
FIGURES: Final = ALL
"""Who sees figures about many customers."""
PERSONS: Final = frozenset({OWNER, MANAGER, SERVICE})
"""Who sees who the customers are."""
LEADS: Final = frozenset({OWNER, MANAGER})
OWNERS: Final = frozenset({OWNER})
WATCHERS: Final = frozenset({OWNER, AUDITOR})
"""Who sees what everybody did."""

READING: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Route:
    """An address.

    Parameters
    ----------
    path : str
        As Django writes it.
    name : str
        For links.
    target : str
        ``module:function`` below `treue.app.web`, imported at its first request.
    read, change : frozenset of str
        Roles that may GET, and that may POST.
    public : bool
        Whether nobody needs to be logged in.
    unasked : bool
        Whether browsers POST here by themselves, so that no form of ours vouches for it.
    """

    path: str
    name: str
    target: str
    read: frozenset[str] = ALL
    change: frozenset[str] = NOBODY
    public: bool = False
    unasked: bool = False

    def allows(self, role: str, method: str) -> bool:
        """Whether a role may use a method here."""
        return self.public or role in (self.read if method in READING else self.change)

    @property
    def view(self) -> Callable[..., HttpResponseBase]:
        """The function that answers, imported when it is first needed."""
        module, _, function = self.target.partition(":")

        def answer(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            found = getattr(import_module(f"treue.app.web.{module}"), function)
            response: HttpResponseBase = found(request, *args, **kwargs)
            return response

        answer.__name__ = function
        return csrf_exempt(answer) if self.unasked else answer


ROUTES: Final[tuple[Route, ...]] = (
    # without an account
    Route("login/", "login", "login:login", public=True),
    Route("login/second/", "login-second", "login:second", public=True),
    Route("login/passkey/", "login-passkey", "passkeys:log_in", public=True),
    Route("welcome/<str:secret>/", "welcome", "link:welcome", public=True),
    Route("first-account/", "first-account", "first_account:first_account", public=True),
    Route("language/", "language", "language:choose", public=True),
    Route("alive/", "alive", "alive:alive", public=True),
    Route("style.css", "style", "style:style", public=True),
    Route("policy-report/", "policy-report", "policy_report:policy_report", public=True, unasked=True),
    # everybody with an account
    Route("logout/", "logout", "login:logout", read=NOBODY, change=ALL),
    Route("", "today", "today:today"),
    Route("progress/", "today-progress", "today:progress"),
    Route("care/", "care-list", "care:listed", read=PERSONS),
    Route("care/<int:number>/", "care", "care:step", NOBODY, PERSONS),
    Route("demo/", "demo", "today:start_demo", NOBODY, frozenset({OWNER})),
    Route("demo/remove/", "demo-remove", "today:remove_demo", NOBODY, frozenset({OWNER})),
    Route("cycle/", "cycle", "today:start_cycle", NOBODY, LEADS),
    # figures
    Route("retention/", "retention", "retention:retention"),
    Route("retention/window/", "retention-window", "retention:use_window", NOBODY, OWNERS),
    Route("ladder/", "ladder", "figures:ladder"),
    Route("charts/<slug:name>/", "chart", "figures:chart"),
    Route("chart-library.js", "chart-library", "figures:chart_library"),
    Route("help/", "help", "figures:help_index"),
    Route("help/<slug:name>/", "help-measure", "figures:help_measure"),
    # customers
    Route("customers/", "customers", "customers:customers", read=PERSONS),
    Route("customers/save/", "customers-save", "customers:save", NOBODY, PERSONS),
    Route(
        "customers/forget/<int:number>/", "customers-forget", "customers:forget", read=NOBODY, change=LEADS
    ),
    Route("customers/export/", "customers-export", "customers_export:export", read=NOBODY, change=LEADS),
    Route("customers/add/", "customer-add", "customer:add", read=PERSONS, change=PERSONS),
    Route("customers/<int:number>/", "customer", "customer:customer", read=PERSONS),
    Route("customers/<int:number>/contact/", "customer-contact", "contact:add", NOBODY, PERSONS),
    Route("customers/<int:number>/promise/", "customer-promise", "customer:promise", NOBODY, PERSONS),
    Route("customers/<int:number>/note/", "customer-note", "customer:note", NOBODY, PERSONS),
    Route(
        "customers/<int:number>/contact/<int:contact>/back/",
        "customer-contact-back",
        "take_back:contact",
        NOBODY,
        PERSONS,
    ),
    Route(
        "customers/<int:number>/promise/<int:promise>/back/",
        "customer-promise-back",
        "take_back:promise",
        NOBODY,
        PERSONS,
    ),
    Route(
        "customers/<int:number>/note/<int:note>/back/",
        "customer-note-back",
        "take_back:note",
        NOBODY,
        PERSONS,
    ),
    Route("customers/<int:number>/change/", "customer-change", "customer:change", NOBODY, PERSONS),
    Route("customers/<int:number>/address/", "customer-point", "customer:point", NOBODY, PERSONS),
    Route(
        "customers/<int:number>/address/<int:point>/remove/",
        "customer-point-remove",
        "customer:point_remove",
        NOBODY,
        PERSONS,
    ),
    Route("customers/<int:number>/merge/", "customer-merge", "customer:merge", NOBODY, LEADS),
    Route("customers/<int:number>/part/<int:merge>/", "customer-part", "customer:part", NOBODY, LEADS),
    # data: everybody sees counts, those who see persons also rows, owners and managers bring in
    Route("data/", "data", "data:data", read=FIGURES),
    Route("data/upload/", "data-upload", "data:upload", NOBODY, LEADS),
    Route("data/<int:number>/", "data-file", "data_file:data_file", read=FIGURES),
    Route("data/<int:number>/read/", "data-file-read", "data_file:read", NOBODY, LEADS),
    Route("data/<int:number>/start/", "data-file-start", "data_file:start", NOBODY, LEADS),
    Route("data/<int:number>/cancel/", "data-file-cancel", "data_file:cancel", NOBODY, LEADS),
    Route("data/<int:number>/set-aside/", "data-file-set-aside", "data_file:set_aside", read=PERSONS),
    Route("customers/<int:number>/switch/", "customer-switch", "customer:switch", NOBODY, LEADS),
    Route("customers/<int:number>/copy/", "customer-copy", "privacy_customer:copy", NOBODY, LEADS),
    Route("customers/<int:number>/erase/", "customer-erase", "privacy_customer:erase", OWNERS, OWNERS),
    Route("promises/", "promises", "desk:promises", read=PERSONS),
    Route("promises/<int:number>/kept/", "promise-keep", "customer:promise_keep", NOBODY, PERSONS),
    # everybody sees how soon contacts are answered, those who see persons also which are open
    Route("contacts/", "contacts", "desk:contacts", read=FIGURES),
    Route("contacts/<int:number>/step/", "contact-step", "contact:step", NOBODY, PERSONS),
    Route("account/", "account", "account:account", change=ALL),
    Route("account/password/", "account-password", "account:password", read=NOBODY, change=ALL),
    Route("account/app/", "account-app", "account:app", change=ALL),
    Route("account/app/off/", "account-app-off", "account:app_off", read=NOBODY, change=ALL),
    Route("account/codes/", "account-codes", "account:codes", read=NOBODY, change=ALL),
    Route("account/passkeys/", "account-passkeys", "passkeys:add", read=NOBODY, change=ALL),
    Route(
        "account/passkeys/<int:passkey>/remove/",
        "account-passkey-remove",
        "passkeys:remove",
        read=NOBODY,
        change=ALL,
    ),
    Route("account/sessions/", "account-sessions", "account:sessions", read=NOBODY, change=ALL),
    # privacy
    Route("privacy/", "privacy", "privacy:privacy", read=LEADS | {AUDITOR}),
    Route("privacy/period/", "privacy-period", "privacy:period", NOBODY, OWNERS),
    Route("privacy/request/", "privacy-request", "privacy:add", NOBODY, LEADS),
    Route("privacy/request/<int:number>/", "privacy-request-step", "privacy:step", NOBODY, LEADS),
    Route("privacy/back/", "privacy-back", "privacy:back", NOBODY, OWNERS),
    # settings
    Route("settings/", "settings", "settings:settings", read=LEADS, change=OWNERS),
    Route("settings/release/", "settings-release", "settings:release", read=NOBODY, change=OWNERS),
    Route("settings/people/", "settings-people", "settings_people:people", read=LEADS, change=OWNERS),
    Route(
        "settings/people/<int:person>/role/",
        "settings-people-role",
        "settings_people:role",
        read=NOBODY,
        change=OWNERS,
    ),
    Route(
        "settings/people/<int:person>/link/",
        "settings-people-link",
        "settings_people:link",
        read=NOBODY,
        change=OWNERS,
    ),
    Route(
        "settings/people/<int:person>/factor/",
        "settings-people-factor",
        "settings_people:factor",
        read=NOBODY,
        change=OWNERS,
    ),
    Route(
        "settings/people/<int:person>/close/",
        "settings-people-close",
        "settings_people:close",
        read=NOBODY,
        change=OWNERS,
    ),
    Route(
        "settings/people/<int:person>/open/",
        "settings-people-open",
        "settings_people:reopen",
        read=NOBODY,
        change=OWNERS,
    ),
    Route("audit/", "audit", "audit:audit", read=WATCHERS),
    Route("audit/verify/", "audit-verify", "audit:verify", read=NOBODY, change=WATCHERS),
    Route("audit/export/", "audit-export", "audit:export", read=WATCHERS),
)
"""All addresses."""

ROUTES_BY_NAME: Final[dict[str, Route]] = {route.name: route for route in ROUTES}

MENU: Final[tuple[tuple[str, str], ...]] = (
    ("today", message("Today")),
    ("retention", message("Retention")),
    ("ladder", message("Ladder")),
    ("customers", message("Customers")),
    ("data", message("Data")),
    ("settings", message("Settings")),
    ("help", message("Help")),
)
"""The pages of the menu in their order: name of the address and what it is called."""
BELOW: Final = {
    "customer": "customers",
    "privacy": "settings",
    "audit": "settings",
    "care": "today",
    "promises": "today",
    "contacts": "today",
}
"""Pages that are reached from one of the menu, by the first word of their names."""


def navigation(role: str, here: str) -> list[tuple[str, str, bool]]:
    """Return the menu of a role: address, English name, and whether the reader is there.

    Parameters
    ----------
    role : str
        The person's role.
    here : str
        Name of the address that is shown; a page below another starts with its name, as
        ``customers-export``.

    Returns
    -------
    list of tuple
        In the order of the menu.
    """
    first = here.partition("-")[0]
    return [
        (name, label, name == BELOW.get(first, first))
        for name, label in MENU
        if ROUTES_BY_NAME[name].allows(role, "GET")
    ]
