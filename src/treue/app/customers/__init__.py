"""Customers: who they are and what happened with them."""
