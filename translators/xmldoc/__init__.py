"""XML documents; the only home of lxml."""
