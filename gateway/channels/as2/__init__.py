"""AS2 (RFC 4130): messages and receipts as signed, encrypted and compressed MIME over HTTP."""
