"""Cryptographic Message Syntax (RFC 5652) as AS2 needs it: signed, encrypted, compressed; read and written as streams.

Pure: no settings, no clock, no network. Moments are arguments, and so is what a partner may use (`rules`).
"""
