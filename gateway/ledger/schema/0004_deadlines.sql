-- By when a delivery should have ended; null where its route sets no deadline.
alter table deliveries add column deadline timestamptz;

-- new_delivery with the deadline. The old type stays for gateways of the version before.
create type dated_delivery as (
  message_id uuid, number smallint, document smallint, destination text, shard smallint, operation text, lane text,
  external_id text, retries text, when_parked text, deadline timestamptz
);

-- Deliveries that did not end in time: told once, kept for good, `ended_at` when they ended after all.
create table overdue (
  message_id uuid not null,
  number smallint not null,
  destination text not null,
  noticed_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (message_id, number)
);
create index overdue_open on overdue (destination) where ended_at is null;

-- Inboxes hand out what is urgent first: the second block of shards, then the first, then the third (ledger/sharding.py).
create function ledger_rank(shard smallint) returns integer language sql immutable parallel safe as
  $$ select case shard / 8 when 1 then 0 when 0 then 1 else 2 end $$;
create index exceptions_offered_by_rank on exceptions (destination, ledger_rank(shard), tick, position)
  where state = 'offered';
drop index exceptions_offered;
