"""The one way out to addresses of partners: AS2, its asynchronous receipts, webhooks; the guard serves SFTP too."""
