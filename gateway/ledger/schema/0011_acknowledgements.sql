-- Answers that one side owes the other for what was sent: CONTRL, APERAK, 997, order response and their like, each from
-- the moment the agreement makes it owed until it has gone or come. Rows are never deleted.
create table acknowledgements (
  id bigint generated always as identity primary key,
  side text not null check (side in ('ours', 'theirs')),  -- who owes it
  partner text not null,
  agreement text not null,
  kind text not null,
  subject text,                             -- the control reference or number that is answered, as people say it
  message_id uuid,                          -- ours: the message that is answered
  delivery smallint,                        -- ours: its delivery that brings the answer; null until there is one
  parcel uuid,                              -- theirs: the parcel that is answered
  repetition bytea,                         -- ours, of what was refused: the same bytes again are not answered again
  says text check (says in ('accepted', 'rejected')),  -- ours: what the answer says
  within double precision not null,         -- seconds after `since`
  warn double precision,
  since timestamptz,                        -- ours: receipt; theirs: when the parcel lay with the partner, null until then
  state text not null default 'open' check (state in ('open', 'accepted', 'rejected', 'given_up')),
  ended_at timestamptz,
  answered_by uuid,                         -- theirs: the message that brought the answer, where it was one
  repeated integer not null default 0,      -- theirs: the same word came again
  contradicted_at timestamptz,              -- theirs: another word came after the first
  warned_at timestamptz,
  overdue_at timestamptz                    -- when it was noticed that it is late; it stays when it came after all
);
create unique index acknowledgements_of_delivery on acknowledgements (message_id, delivery) where delivery is not null;
create unique index acknowledgements_of_refused on acknowledgements (partner, kind, repetition)
  where repetition is not null;
create index acknowledgements_of_message on acknowledgements (message_id) where message_id is not null;
create unique index acknowledgements_of_parcel on acknowledgements (parcel, kind) where parcel is not null;
create index acknowledgements_open on acknowledgements (since) where state = 'open';
