-- What leaves for partners as one unit: an interchange, an XML document, a JSON object. A parcel is made once and kept
-- before it is carried; its bytes, its id and its control number are the same in every attempt and every resend.
create table parcels (
  id uuid primary key,
  position bigint generated always as identity,  -- the order in which they were kept
  partner text not null,
  agreement text not null,
  carrier text not null,
  document_types text[] not null,
  ours text,                                -- the parties in the envelope; null where a format has none
  theirs text,
  control_number text,                      -- 0020, ISA13; null where a format has none
  content_hash bytea not null,              -- of the payload kept under owner `to:<partner>`
  media_type text not null,
  file_name text not null,
  test boolean not null default false,
  traceparent text,
  made_at timestamptz not null,
  state text not null default 'kept' check (state in ('kept', 'offered', 'delivered', 'refused', 'cancelled')),
  changed_at timestamptz not null default now(),
  due_at timestamptz,                       -- when it is carried by itself: a batch, or one that is sent again
  again boolean not null default false,     -- an operator wants it sent again
  maybe_carried boolean not null default false,
  attempts integer not null default 0,
  reference text,                           -- the partner's word
  last_error text,
  hidden_until timestamptz,                 -- in the outbox: handed out, not yet acknowledged
  fetched integer not null default 0,
  content_erased_at timestamptz
);
create index parcels_by_control_number on parcels (ours, theirs, control_number) where control_number is not null;
create index parcels_due on parcels (due_at) where due_at is not null;
create index parcels_open on parcels (partner, position) where state in ('kept', 'offered');
create index parcels_kept_content on parcels (position) where content_erased_at is null;

-- Which deliveries are in a parcel, each in one at the most: what keeps a document from leaving under two numbers.
create table parcel_members (
  message_id uuid not null,
  number smallint not null,
  parcel uuid not null,
  place integer not null,                   -- 1, 2, … inside the parcel
  primary key (message_id, number)
);
create index parcel_members_by_parcel on parcel_members (parcel, place);

-- Deliveries that wait for others to leave with.
create table gathered (
  message_id uuid not null,
  number smallint not null,
  partner text not null,
  agreement text not null,
  test boolean not null,
  size integer not null,                    -- bytes of the document as it would be written alone
  since timestamptz not null default now(),
  primary key (message_id, number)
);
create index gathered_by_agreement on gathered (partner, agreement, test);

-- How many references were used, for each pair of names and level. A row and no sequence: what is rolled back was not
-- used, so there are no gaps.
create table control_numbers (
  ours text not null,
  theirs text not null,
  level text not null check (level in ('interchange', 'message')),
  series text not null,                     -- prefix and range, as the agreement has them
  used bigint not null,
  primary key (ours, theirs, level, series)
);
