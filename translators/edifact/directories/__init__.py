"""Facts of the UN/EDIFACT directories in compact form, one file per release, and the program that derives them."""
