"""ANSI ASC X12: interchanges of functional groups of transaction sets, releases 004010 to 008010."""
