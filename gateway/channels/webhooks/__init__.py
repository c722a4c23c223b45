"""Documents to partners as webhooks, after Standard Webhooks 1.0.0."""
