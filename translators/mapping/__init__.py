"""Declarative maps: one text says where a canonical field stands in a message; compiled once to closures."""
