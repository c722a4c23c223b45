"""Canonical JSON: decoded fast when it is right, explained exactly when it is not."""
