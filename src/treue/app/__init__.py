"""The application: customer records, the daily cycle, and the pages on which people work with them.

It uses only what the library publishes; ``treue serve`` starts it.
"""
