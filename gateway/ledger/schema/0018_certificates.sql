-- Certificates that a partner announced to us, or we to it (certificate exchange messages), and what was answered.
-- Nothing here is trusted: what holds stands in the profile.
create table certificate_exchanges (
  id uuid primary key,
  partner text not null,
  announced_by text not null check (announced_by in ('them', 'us')),
  request_id text not null,
  at timestamptz not null default now(),
  respond_by timestamptz,                   -- the earliest that was asked for
  certificates text not null,               -- JSON: uses, the certificate, what is against it, what was answered
  state text not null default 'pending' check (state in ('pending', 'accepted', 'rejected')),
  decided_at timestamptz,
  reminded_at timestamptz,                  -- told that nobody has answered in time
  unique (partner, announced_by, request_id)
);
create index certificate_exchanges_pending on certificate_exchanges (respond_by) where state = 'pending';

-- Requests and responses of ours on their way over AS2; the id is also the Message-ID's.
create table certificate_letters (
  id uuid primary key,
  exchange uuid not null,
  partner text not null,
  media_type text not null,
  content bytea not null,
  due_at timestamptz default now(),         -- null: it has arrived, or was given up
  attempts integer not null default 0,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'arrived', 'failed')),
  error text
);
create index certificate_letters_due on certificate_letters (due_at) where due_at is not null;
