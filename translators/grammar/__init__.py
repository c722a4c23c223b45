"""Messages whose grammar is a table of our own: what X12 and VDA share with each other and with UN/EDIFACT's maps."""
