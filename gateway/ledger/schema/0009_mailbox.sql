-- What lies in partners' mailboxes at our SFTP server: parcels in /out, acknowledgements in /ack, refusals in /error.
-- What partners upload is not here: it becomes a message, or is none. The bytes are payloads of owner `mailbox:<partner>`.
create table mailbox (
  id uuid primary key,                      -- in /out the parcel's id
  partner text not null,
  folder text not null check (folder in ('out', 'ack', 'error')),
  name text not null,
  hash bytea not null,                      -- of the payload; gone when the file is
  size integer not null,
  made_at timestamptz not null default now(),
  message_id uuid,                          -- the message it tells of, in /ack and /error
  fetched_at timestamptz,                   -- its last byte was read and its handle closed
  settled boolean not null default false,   -- its parcel has been told
  removed_at timestamptz                    -- by the partner, or because its time was over
);
create unique index mailbox_names on mailbox (partner, folder, name) where removed_at is null;
create index mailbox_unsettled on mailbox (fetched_at) where fetched_at is not null and not settled;
create index mailbox_lying on mailbox (made_at) where removed_at is null;
