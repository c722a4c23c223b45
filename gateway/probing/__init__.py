"""What an operator tries of all that is agreed with a partner, before the first document and at any time after."""
