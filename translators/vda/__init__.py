"""VDA 4905 and 4913: messages of fixed-width records, as the German car makers have sent them since the eighties."""
