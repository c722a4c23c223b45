-- Contents too long for one row, sealed piece by piece. They are kept before the message that names them, so that no
-- transaction is long; pieces that no message came to name are swept.
create table payload_pieces (
  owner text not null,
  hash bytea not null,                      -- SHA-256 of the whole content, as messages.content_hash has it
  number integer not null,                  -- 0, 1, 2, …
  piece bytea not null,                     -- SHA-256 of this piece
  data_key uuid not null,
  nonce bytea not null,
  encoding text not null,
  size integer not null,
  sealed bytea not null,
  kept_at timestamptz not null default now(),
  primary key (owner, hash, number)
);
alter table payload_pieces alter column sealed set storage external;
create index payload_pieces_first on payload_pieces (kept_at) where number = 0;

-- Interchanges that were taken whole and are divided by a worker, which makes messages of their parts: all or none.
create table long_interchanges (
  message_id uuid primary key,
  owner text not null,
  hash bytea not null,
  credential text not null,                 -- JSON: as whom its sender was admitted
  media_type text,
  traceparent text,
  state text not null default 'waiting' check (state in ('waiting', 'recording', 'divided', 'refused')),
  due_at timestamptz default now(),         -- null: it has ended
  attempts integer not null default 0,
  error text,                               -- why the last try did not end it
  refusal text,                             -- JSON, as messages.refusal
  ended_at timestamptz
);
create index long_interchanges_due on long_interchanges (due_at) where due_at is not null;
create index long_interchanges_content on long_interchanges (owner, hash);

-- The messages that were made of one; of a refused interchange the part that was refused.
create table interchange_parts (
  message_id uuid not null,
  number integer not null,                  -- 1, 2, … in the order of the interchange
  part uuid not null,
  primary key (message_id, number)
);
create index interchange_parts_by_part on interchange_parts (part);
