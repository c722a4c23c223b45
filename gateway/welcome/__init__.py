"""What a partner is given when it is brought in: where we are, what we are known by, what is agreed, what to try."""
