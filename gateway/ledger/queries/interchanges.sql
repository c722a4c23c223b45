-- name: keep_piece
-- One piece of a long content; what is there already stays, and counts as kept now.
insert into payload_pieces (owner, hash, number, piece, data_key, nonce, encoding, size, sealed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (owner, hash, number) do update set kept_at = now();

-- name: pieces
-- The next pieces of a content, in order.
select p.number, p.owner, p.piece as hash, p.data_key, p.nonce, p.encoding, p.size, p.sealed, k.owner as key_owner,
       k.kek_id, k.wrapped
from payload_pieces p join data_keys k on k.id = p.data_key
where p.owner = $1 and p.hash = $2 and p.number >= $3 order by p.number limit $4;

-- name: sweep_pieces
-- Contents that no message names after a day: their sender went away before the message was recorded.
with left_over as (
  select owner, hash from payload_pieces p
  where number = 0 and kept_at < now() - interval '1 day'
    and not exists (select from long_interchanges l where l.owner = p.owner and l.hash = p.hash)
    and not exists (select from message_files f where f.owner = p.owner and f.hash = p.hash)
),
gone as (
  delete from payload_pieces p using left_over l where p.owner = l.owner and p.hash = l.hash returning p.number
)
select count(*) from gone;

-- name: keep_long
-- In the transaction that records the message.
insert into long_interchanges (message_id, owner, hash, credential, media_type, traceparent)
values ($1, $2, $3, $4, $5, $6);

-- name: take_long
-- One that is due, hidden from other workers for a while.
with due as (
  select message_id from long_interchanges where due_at <= now() order by due_at limit 1 for update skip locked
)
update long_interchanges l set due_at = now() + make_interval(secs => $1), attempts = attempts + 1
from due where l.message_id = due.message_id
returning l.message_id, l.owner, l.hash, l.credential, l.media_type, l.traceparent, l.state, l.attempts;

-- name: renew_long
update long_interchanges set due_at = now() + make_interval(secs => $2) where message_id = $1 and due_at is not null;

-- name: begin_recording
-- From here on all of it is recorded, however often that is begun.
update long_interchanges set state = 'recording' where message_id = $1 and state = 'waiting';

-- name: add_part
insert into interchange_parts (message_id, number, part) values ($1, $2, $3) on conflict (message_id, number) do nothing;

-- name: postpone_long
update long_interchanges set due_at = now() + make_interval(secs => $2), error = $3
where message_id = $1 and due_at is not null;

-- name: end_long
-- Divided or refused, once, with its event.
with ended as (
  update long_interchanges set state = $2, due_at = null, error = null, refusal = $3, ended_at = now()
  where message_id = $1 and due_at is not null
  returning message_id
)
insert into events (tick, message_id, body) select ledger_tick(), message_id, $4 from ended returning id;

-- name: long_of_message
-- What became of a long interchange. `open`: deliveries of its parts that have not ended; `parked`: those that wait
-- for a person.
select l.state, l.error, l.refusal, l.attempts,
       (select count(*) from interchange_parts p join deliveries d on d.message_id = p.part
        where p.message_id = l.message_id
          and not exists (select from attempts a where a.message_id = d.message_id and a.number = d.number
                            and a.outcome in ('delivered', 'cancelled'))) as open,
       (select count(*) from interchange_parts p join exceptions x on x.message_id = p.part
        where p.message_id = l.message_id and x.state = 'parked') as parked
from long_interchanges l where l.message_id = $1;

-- name: parts_of_message
select part from interchange_parts where message_id = $1 order by number;

-- name: whole_of_part
select message_id from interchange_parts where part = $1;
