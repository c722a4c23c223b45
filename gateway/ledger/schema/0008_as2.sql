-- Messages of partners over AS2 that were proven theirs: one row for each Message-ID, which is used up by it. What a
-- stranger sends under it never gets here.
create table as2_received (
  partner text not null,
  ours text not null,                       -- AS2-To
  message_id text not null,                 -- without its brackets
  received_at timestamptz not null default now(),
  raw_digest bytea not null,                -- SHA-256 of the request's body
  content_digest bytea not null,            -- SHA-256 of what was inside: the same when a resend was encrypted anew
  signer bytea,                             -- SHA-256 of the certificate that signed
  file_name text,
  -- what it was answered, once it was: first come, kept for good
  answered_at timestamptz,
  message uuid,                             -- ours, as the sender's receipt or the refusal has it
  code text,                                -- error of gateway/errors.py; null: taken
  disposition text,
  mic text,                                 -- as Received-Content-MIC has it
  receipt bytea,                            -- header and body, byte for byte what a duplicate gets; null: none was asked for
  primary key (partner, ours, message_id)
);

-- Asynchronous receipts that we owe, each to an address that the partner's profile names.
create table as2_replies (
  id bigint generated always as identity primary key,
  partner text not null,
  ours text not null,
  message_id text not null,                 -- of the message it is for, as it was sent
  url text not null,
  receipt bytea not null,
  owed_at timestamptz not null default now(),
  due_at timestamptz default now(),         -- null: it was sent, or given up
  attempts integer not null default 0,
  sent_at timestamptz,
  error text
);
create index as2_replies_due on as2_replies (due_at) where due_at is not null;

-- Parcels on their way over AS2, written down before the first byte leaves. The Message-ID is the same in every attempt.
create table as2_sent (
  partner text not null,
  ours text not null,                       -- AS2-From
  message_id text not null,
  parcel uuid not null unique,
  intended_at timestamptz not null default now(),
  mics text not null,                       -- JSON: algorithm -> base64 of the digest that a receipt must name
  receipt_signed boolean not null,
  attempts integer not null default 0,
  sent_at timestamptz,                      -- the last 2xx
  heard_at timestamptz,
  state text not null default 'intended' check (state in ('intended', 'sent', 'overdue', 'receipted', 'refused')),
  disposition text,
  receipt bytea,                            -- the partner's, header and body
  primary key (partner, ours, message_id)
);
