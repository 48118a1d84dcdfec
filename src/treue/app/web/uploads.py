"""Files that somebody sends: taken at one address only, from those who may, and not beyond their size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.urls import reverse

from treue.app.web.access import ROUTES_BY_NAME

if TYPE_CHECKING:
    from django.http import HttpRequest

ADDRESS = "data-upload"
ALLOWANCE = 64 * 1024
"""What the other fields of the form may take."""


class Upload(TemporaryFileUploadHandler):
    """Keeps what is sent in the home folder; what nobody asked for is thrown away as it comes.

    Django reads a form before any page looks at it. The server has taken gigabytes by then, though from browsers
    that are known only (see :mod:`treue.app.web.bodies`); here they are kept from those who may not send them.
    """

    refused = False

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  (Django's name)
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Look at the size before anything is read."""
        request: HttpRequest | None = self.request
        user = getattr(request, "user", None)
        welcome = (
            request is not None
            and request.path == reverse(ADDRESS)
            and user is not None
            and user.is_authenticated
            and ROUTES_BY_NAME[ADDRESS].allows(user.role, "POST")
        )
        too_large = content_length > settings.UPLOAD_BYTES + ALLOWANCE
        self.refused = not welcome or too_large
        if request is not None:
            request.treue_too_large = too_large  # type: ignore[attr-defined]
        super().handle_raw_input(input_data, META, content_length, boundary, encoding)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Take a file, or stop where it is refused."""
        if self.refused:
            raise StopUpload(connection_reset=True)
        super().new_file(*args, **kwargs)
