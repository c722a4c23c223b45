"""The commands around rules: one module for each thing to do with them."""
