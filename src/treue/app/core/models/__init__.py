"""Tables of accounts, the firm, background work and the audit log."""

from treue.app.core.models.audit import AuditEntry, AuditHead
from treue.app.core.models.door import Attempt, OneTimeLink, Passkey, RecoveryCode
from treue.app.core.models.firm import Firm
from treue.app.core.models.job import Job
from treue.app.core.models.user import Role, User

__all__ = [
    "Attempt",
    "AuditEntry",
    "AuditHead",
    "Firm",
    "Job",
    "OneTimeLink",
    "Passkey",
    "RecoveryCode",
    "Role",
    "User",
]
