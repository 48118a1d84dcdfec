"""Core: accounts, the firm, background work, the audit log."""
