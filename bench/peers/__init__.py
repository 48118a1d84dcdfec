"""The contestants of the models, each a script for an environment of its own."""
