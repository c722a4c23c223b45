"""The contract, against the stand-in. `tests/real/test_odoo.py` runs the same against a real Odoo 19."""

import pytest

pytest.register_assert_rewrite("support.odoo_contract")

from support.odoo_contract import *  # noqa: E402, F403 - after the registration, and every test of the contract
