"""SFTP: our server, where each partner has a mailbox, and our client at the servers of partners."""
