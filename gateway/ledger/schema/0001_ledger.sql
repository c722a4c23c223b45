-- The ledger: what came in, what goes out, what happened. Auditors and operators may read these tables;
-- only the statements in ../queries write them.

-- Order of commit. A row's `tick` is the id of the transaction that wrote it, so that readers can stay behind the
-- oldest transaction still running (ledger_horizon) and never skip a row that becomes visible late. After a restore
-- into another cluster transaction ids start again: `offset_ticks` then lifts them above every tick recorded
-- (queries/opening.sql).
create table ledger_clock (
  only_row boolean primary key default true check (only_row),
  offset_ticks bigint not null default 0
);
insert into ledger_clock default values;

create function ledger_tick() returns bigint language sql stable as
  $$ select pg_current_xact_id()::text::bigint + offset_ticks from ledger_clock $$;
create function ledger_horizon() returns bigint language sql stable as
  $$ select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + offset_ticks from ledger_clock $$;

-- One row per submission we gave a verdict on. What else is known of it is in its events.
create table messages (
  id uuid primary key,                      -- UUIDv7, the key people use
  received_at timestamptz not null,
  sender_kind text not null,
  sender text not null,
  channel text not null,
  document_type text,                       -- null: refused before it was known
  content_hash bytea not null,              -- SHA-256 of the bytes received
  size integer not null,
  verdict text not null check (verdict in ('accepted', 'refused')),
  refusal text,                             -- JSON: code, rule, findings; null when accepted
  policy_revision text not null,
  traceparent text,
  test boolean not null default false
);
create index messages_by_sender on messages (sender, id);

-- The duplicate check: one row per thing a sender may repeat (Idempotency-Key, interchange reference, content).
create table submissions_seen (
  sender text not null,
  key text not null,
  content_hash bytea not null,
  message_id uuid not null,
  primary key (sender, key)
);

-- AES-256-GCM data keys, each wrapped by the key-encryption key named in kek_id. Rotation rewrites only this table.
create table data_keys (
  id uuid primary key,
  owner text not null,
  kek_id text not null,
  wrapped bytea not null,
  created_at timestamptz not null default now()
);

-- Bytes by owner and content hash, compressed and sealed.
create table payloads (
  owner text not null,
  hash bytea not null,
  data_key uuid not null,                   -- data_keys.id; kept before the first payload that names it
  nonce bytea not null,
  encoding text not null,
  size integer not null,
  sealed bytea not null,
  primary key (owner, hash)
);

alter table payloads alter column sealed set storage external;  -- sealed bytes do not compress

-- Canonical business objects found in a message; `body_hash` names their payload.
create table documents (
  message_id uuid not null,
  number smallint not null,                 -- 1, 2, … inside the message
  document_type text not null,
  business_number text not null,            -- the number people say: order 4711
  business_key text not null,
  body_hash bytea not null,
  primary key (message_id, number)
);
create index documents_by_business_number on documents (business_number);

-- The log of work, only ever appended. Read forward per shard by the shard's cursor.
create table deliveries (
  destination text not null,
  shard smallint not null,
  tick bigint not null,
  position bigint generated always as identity,
  message_id uuid not null,
  number smallint not null,                 -- 1, 2, … inside the message: a delivery is called `<message id>.<number>`
  document smallint not null,
  operation text not null,
  lane text not null,
  external_id text not null,
  retries text not null,                    -- the schedule of its routing rule, e.g. `10s, 1m, 5m`
  when_parked text not null check (when_parked in ('hold', 'pass')),
  primary key (destination, shard, tick, position)
);
create unique index deliveries_by_message on deliveries (message_id, number);

-- Who works on which part of a destination. `tick, position` is the cursor: everything up to it is settled or stands
-- in exceptions. `taken_*` is how far deliveries may have been attempted: after a crash what lies between the two is
-- verified before it is sent.
create table shards (
  destination text not null,
  shard smallint not null,
  tick bigint not null default 0,
  position bigint not null default 0,
  taken_tick bigint not null default 0,
  taken_position bigint not null default 0,
  owner text,
  epoch bigint not null default 0,          -- grows with every change of owner: the fence
  expires_at timestamptz not null default '-infinity',
  primary key (destination, shard)
);

create table workers (
  id text primary key,
  seen_at timestamptz not null default now()
);

-- Deliveries that did not go straight through, and nothing else. A lane is blocked while one of its rows blocks.
create table exceptions (
  message_id uuid not null,
  number smallint not null,
  destination text not null,
  shard smallint not null,
  lane text not null,
  tick bigint not null,
  position bigint not null,
  state text not null check (state in ('waiting', 'unknown', 'held', 'offered', 'parked')),
  blocks boolean not null,
  due_at timestamptz,                       -- when to try (waiting), to read back (unknown) or to offer again (offered)
  attempts integer not null default 0,
  cause text,                               -- code of the last error, what operators group by
  last_error text,
  since timestamptz not null default now(),
  primary key (message_id, number)
);
create index exceptions_due on exceptions (destination, shard, due_at) where state in ('waiting', 'unknown');
create index exceptions_by_lane on exceptions (destination, shard, lane, tick, position);

-- Every try and its outcome, only ever appended.
create table attempts (
  message_id uuid not null,
  number smallint not null,
  attempt integer not null,
  at timestamptz not null default now(),
  outcome text not null,
  reference text,
  error text,
  worker text not null
);
create index attempts_by_delivery on attempts (message_id, number);
-- A delivery ends once.
create unique index attempts_end on attempts (message_id, number) where outcome in ('delivered', 'cancelled');

-- What happened, in the transaction in which it happened. `body` is the audit leaf, byte for byte.
create table events (
  tick bigint not null,
  id bigint generated always as identity,
  message_id uuid,
  body bytea not null,
  primary key (tick, id)
);
create index events_by_message on events (message_id) where message_id is not null;

-- The Merkle tree (RFC 6962) over the events, written by one sequencer after the fact.
create table leaves (
  leaf bigint primary key,                  -- 0, 1, 2, …
  event bigint not null unique,             -- events.id
  hash bytea not null
);
create table tiles (                        -- roots of complete subtrees of 256^level leaves
  level smallint not null,
  number bigint not null,
  hash bytea not null,
  primary key (level, number)
);
create table tree_head (
  only_row boolean primary key default true check (only_row),
  size bigint not null default 0,
  tick bigint not null default 0,           -- the last event sequenced
  event bigint not null default 0,
  frontier bytea not null default ''
);
insert into tree_head default values;
create table checkpoints (
  size bigint primary key,
  note text not null,                       -- C2SP tlog-checkpoint, signed
  signed_at timestamptz not null default now()
);

-- What the recorder hands over: a batch is one array of each, because an array of rows costs a third of what one array
-- for each column does.
create type new_message as (
  id uuid, received_at timestamptz, sender_kind text, sender text, channel text, document_type text,
  content_hash bytea, size integer, policy_revision text, traceparent text, test boolean,
  key text, refusal text, statement bytea
);
create type new_payload as (
  message_id uuid, owner text, hash bytea, data_key uuid, nonce bytea, encoding text, size integer, sealed bytea
);
create type new_document as (
  message_id uuid, number smallint, document_type text, business_number text, business_key text, body_hash bytea
);
create type new_delivery as (
  message_id uuid, number smallint, document smallint, destination text, shard smallint, operation text, lane text,
  external_id text, retries text, when_parked text
);
create type new_result as (
  message_id uuid, number smallint, attempt integer, outcome text, reference text, error text, state text,
  blocks boolean, after double precision, cause text, tick bigint, position bigint, lane text, leaf bytea
);
