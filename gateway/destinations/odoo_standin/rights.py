"""What the gateway's bot may do: purchase, sale, stock and manufacturing user, and nothing of an administrator."""

from gateway.destinations.odoo_standin.answers import access_error, not_found
from gateway.destinations.odoo_standin.fields import MODELS

UNREADABLE = {"ir.model.data": "Model Data", "decimal.precision": "Decimal Precision"}
WRITABLE = {"sale.order", "sale.order.line", "mrp.production", "stock.move", "stock.move.line"}
CREATABLE = {"sale.order", "sale.order.line", "stock.lot"}
_GENERIC = {
    "search": "read", "search_read": "read", "search_count": "read", "read": "read", "fields_get": "none",
    "write": "write", "create": "create", "load": "create", "unlink": "unlink",
}  # fmt: skip
_VERBS = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}


def check_rights(model: str, method: str) -> None:
    """Raise what the server would say: 404 for what does not exist, 403 for what the bot may not do."""
    if model not in MODELS:
        raise not_found(f"the model '{model}' does not exist")
    if method.startswith("_"):
        raise access_error(f"Private methods (such as '{model}.{method}') cannot be called remotely.")
    right = _GENERIC.get(method, "none")
    denied = {
        "read": model in UNREADABLE,
        "write": model not in WRITABLE,
        "create": model not in CREATABLE,
        "unlink": True,
        "none": False,
    }[right]
    if denied:
        label = UNREADABLE.get(model, model)
        raise access_error(
            f"You are not allowed to {_VERBS[right]} '{label}' ({model}) records.\n\n"
            "Contact your administrator to request access if necessary."
        )
