-- Every worker asks each second which asynchronous receipts are overdue.
create index as2_sent_waiting on as2_sent (partner, sent_at) where state = 'sent';
