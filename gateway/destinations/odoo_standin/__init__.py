"""A stand-in for Odoo 19: the same protocol and the same traps, for the demo and the tests. It is not Odoo."""
