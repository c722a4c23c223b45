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

-- name: left
-- The answers in a parcel that lies with the partner by now: what we owed is done.
update acknowledgements a set state = a.says, ended_at = now()
from parcel_members m
where m.parcel = $1 and a.message_id = m.message_id and a.delivery = m.number and a.state = 'open';

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
