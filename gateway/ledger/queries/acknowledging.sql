-- name: owe
-- What we owe from now on. Comes back without what was answered before: refused bytes that came again.
insert into acknowledgements (side, partner, agreement, kind, subject, message_id, delivery, repetition, says, within,
                              warn, since)
select 'ours', o.partner, o.agreement, o.kind, o.subject, o.message_id, o.delivery, o.repetition, o.says, o.within,
       o.warn, o.since
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::smallint[], $7::bytea[], $8::text[],
            $9::float8[], $10::float8[], $11::timestamptz[])
  with ordinality as o (partner, agreement, kind, subject, message_id, delivery, repetition, says, within, warn, since,
                        place)
order by o.partner, o.kind, o.repetition
on conflict do nothing
returning message_id, delivery;

-- name: derive
-- Documents that we make beside a message that is on record, with their payloads and deliveries.
with payload as (
  insert into payloads (owner, hash, data_key, nonce, encoding, size, sealed)
  select distinct on (p.owner, p.hash) p.owner, p.hash, p.data_key, p.nonce, p.encoding, p.size, p.sealed
  from unnest($1::new_payload[]) as p order by p.owner, p.hash
  on conflict (owner, hash) do update set shared = true where not payloads.shared
),
document as (
  insert into documents (message_id, number, document_type, business_number, business_key, body_hash, bundle)
  select d.* from unnest($2::bundled_document[]) as d
)
insert into deliveries (destination, shard, tick, message_id, number, document, operation, lane, external_id,
                        retries, when_parked, deadline, flow)
select d.destination, d.shard, ledger_tick(), d.message_id, d.number, d.document, d.operation, d.lane, d.external_id,
       d.retries, d.when_parked, d.deadline, d.flow
from unnest($3::dated_delivery[]) with ordinality as d order by d.ordinality;

-- name: answers_again
-- The answers to messages that came again, where they lie with the partner already: the same bytes leave once more. What
-- is on its way still, or was refused, is left as it is.
with answered as (
  update acknowledgements a set repeated = a.repeated + 1
  from parcel_members m join parcels p on p.id = m.parcel
  where a.message_id = any ($1::uuid[]) and a.side = 'ours' and a.kind in ('contrl', '997', 'aperak')
    and m.message_id = a.message_id and m.number = a.delivery
    and p.state = 'delivered' and p.content_erased_at is null
  returning a.message_id, a.partner, a.kind, a.subject, p.id as parcel
),
carried as (
  update parcels set state = 'kept', again = true, due_at = now(), maybe_carried = false, last_error = null,
    changed_at = now()
  where id in (select parcel from answered)
)
select * from answered order by message_id, parcel;

-- name: refused_before
-- The messages of bytes that were refused, and answered, before.
select distinct message_id from acknowledgements
where (partner, kind, repetition) in (select * from unnest($1::text[], $2::text[], $3::bytea[]))
  and not message_id = any ($4::uuid[]);

-- name: left
-- The answers in a parcel that lies with the partner by now: what we owed is done.
update acknowledgements a set state = a.says, ended_at = now()
from parcel_members m
where m.parcel = $1 and a.message_id = m.message_id and a.delivery = m.number and a.state = 'open';

-- name: settle
-- One of our own systems answers it itself, so nothing else does.
update acknowledgements set state = $4, says = $4, ended_at = now(), answered_by = $5
where side = 'ours' and partner = $1 and kind = $2 and subject = $3 and state = 'open' and delivery is null;

-- name: owed_for
-- Answers to documents of these messages that nobody has made yet. The messages stay locked, so that two ends at the
-- same moment give their answers different numbers.
select a.id, a.message_id, a.kind, a.subject, m.sender, m.received_at
from acknowledgements a join messages m on m.id = a.message_id
where a.message_id = any ($1::uuid[]) and a.side = 'ours' and a.state = 'open' and a.delivery is null
order by a.message_id, a.id for update;

-- name: next_numbers
select coalesce((select max(number) from documents where message_id = $1), 0) + 1 as document,
       coalesce((select max(number) from deliveries where message_id = $1), 0) + 1 as delivery;

-- name: made
update acknowledgements set delivery = $2, says = $3 where id = $1;

-- name: acknowledgements_of_message
-- Of what came: the answers we owe. Of what left: the answers to the parcels its documents are in.
select a.*, a.since + make_interval(secs => a.within) as due_at from acknowledgements a where a.message_id = $1
union
select a.*, a.since + make_interval(secs => a.within) from parcel_members m
join acknowledgements a on a.parcel = m.parcel where m.message_id = $1
order by id;

-- name: acknowledgements
-- The most urgent first; null selects all, and with $4 those alone that are still owed.
select a.*, a.since + make_interval(secs => a.within) as due_at from acknowledgements a
where ($1::text is null or a.side = $1) and ($2::text is null or a.partner = $2)
  and (not $3 or (a.state = 'open' and a.since + make_interval(secs => a.within) <= now()))
  and (not $4 or a.state = 'open')
order by due_at nulls last, a.id limit $5;

-- name: close
-- An operator waits for it no longer.
update acknowledgements set state = 'given_up', ended_at = now() where id = $1 and state = 'open'
returning partner, agreement, kind, side, subject, parcel, message_id;

-- name: is_known
select exists (select from acknowledgements where id = $1);

-- name: notice_late
update acknowledgements a set overdue_at = now()
where a.state = 'open' and a.overdue_at is null and a.since + make_interval(secs => a.within) <= now()
returning a.id, a.side, a.partner, a.agreement, a.kind, a.subject, a.parcel, a.message_id,
          a.since + make_interval(secs => a.within) as due_at;

-- name: notice_soon
update acknowledgements a set warned_at = now()
where a.state = 'open' and a.warned_at is null and a.overdue_at is null and a.warn is not null
  and a.since + make_interval(secs => a.warn) <= now()
returning a.id, a.side, a.partner, a.agreement, a.kind, a.subject, a.parcel, a.message_id,
          a.since + make_interval(secs => a.within) as due_at;

-- name: late_now
select partner, side, kind, count(*)::integer from acknowledgements
where state = 'open' and overdue_at is not null group by partner, side, kind;

-- name: messages_of_parcel
select distinct message_id from parcel_members where parcel = $1;

-- name: expect
-- What the partner owes us for a parcel; the time runs from when it lies with the partner.
insert into acknowledgements (side, partner, agreement, kind, subject, parcel, within, warn)
select 'theirs', $1, $2, e.kind, $3, $4, e.within, e.warn
from unnest($5::text[], $6::float8[], $7::float8[]) as e (kind, within, warn)
on conflict do nothing;

-- name: begin
update acknowledgements set since = now() where parcel = $1 and since is null;

-- name: end_receipt
-- The word of the channel itself: a receipt (MDN) of the parcel.
update acknowledgements set state = $2, ended_at = now() where parcel = $1 and kind = 'mdn' and state = 'open';

-- name: parcel_numbered
-- The newest parcel of a partner under a control number; zeros before it do not count, as GS06 is a number.
select id from parcels
where partner = $1 and (control_number = $2 or ltrim(control_number, '0') = ltrim($2, '0')) and control_number is not null
order by position desc limit 1;

-- name: parcel_with
-- The newest parcel of a partner with a document of this number.
select p.id from documents c
join deliveries d on d.message_id = c.message_id and d.document = c.number
join parcel_members m on m.message_id = d.message_id and m.number = d.number
join parcels p on p.id = m.parcel
where c.business_number = $2 and p.partner = $1 order by p.position desc limit 1;

-- name: open_unasked
-- An answer that nobody had to give, such as an APERAK that is owed on errors only, stands beside the others.
insert into acknowledgements (side, partner, agreement, kind, subject, parcel, within)
select 'theirs', p.partner, p.agreement, $2, p.control_number, p.id, 0 from parcels p where p.id = $1
on conflict do nothing;

-- name: lock_expected
select id, state from acknowledgements where parcel = $1 and kind = $2 for update;

-- name: heard
update acknowledgements set state = $2, ended_at = now(), answered_by = $3 where id = $1;

-- name: repeated
update acknowledgements set repeated = repeated + 1 where id = $1;

-- name: contradicted
update acknowledgements set contradicted_at = coalesce(contradicted_at, now()) where id = $1;
