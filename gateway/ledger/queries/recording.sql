-- name: record
-- A batch of accepted submissions in one statement, so in one transaction. Whatever a sender has sent before is left
-- out whole; the ids of what is new come back. Keys are inserted in sorted order: two writers never deadlock on them.
with clock as materialized (select ledger_tick() as tick),
fresh as (
  insert into submissions_seen (sender, key, content_hash, message_id)
  select * from unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[]) as s (sender, key, content_hash, message_id)
  order by s.sender, s.key
  on conflict (sender, key) do nothing
  returning message_id
),
message as (
  insert into messages (id, received_at, sender_kind, sender, channel, document_type, content_hash, size, verdict,
                        policy_revision, traceparent, test)
  select m.id, m.received_at, m.sender_kind, m.sender, m.channel, m.document_type, m.content_hash, m.size, 'accepted',
         m.policy_revision, m.traceparent, m.test
  from unnest($4::uuid[], $5::timestamptz[], $6::text[], $1::text[], $7::text[], $8::text[], $3::bytea[], $9::int[],
              $10::text[], $11::text[], $12::bool[])
    as m (id, received_at, sender_kind, sender, channel, document_type, content_hash, size, policy_revision,
          traceparent, test)
  join fresh on fresh.message_id = m.id
),
payload as (
  insert into payloads (owner, hash, data_key, nonce, encoding, size, sealed)
  select p.owner, p.hash, p.data_key, p.nonce, p.encoding, p.size, p.sealed
  from unnest($13::uuid[], $14::text[], $15::bytea[], $16::uuid[], $17::bytea[], $18::text[], $19::int[], $20::bytea[])
    as p (message_id, owner, hash, data_key, nonce, encoding, size, sealed)
  join fresh using (message_id)
  order by p.owner, p.hash
  on conflict (owner, hash) do nothing
),
document as (
  insert into documents (message_id, number, document_type, business_number, business_key, body_hash)
  select d.message_id, d.number, d.document_type, d.business_number, d.business_key, d.body_hash
  from unnest($21::uuid[], $22::smallint[], $23::text[], $24::text[], $25::text[], $26::bytea[])
    as d (message_id, number, document_type, business_number, business_key, body_hash)
  join fresh using (message_id)
),
delivery as (
  insert into deliveries (destination, shard, tick, message_id, number, document, operation, lane, external_id,
                          retries, when_parked)
  select d.destination, d.shard, clock.tick, d.message_id, d.number, d.document, d.operation, d.lane, d.external_id,
         d.retries, d.when_parked
  from unnest($27::uuid[], $28::smallint[], $29::smallint[], $30::text[], $31::smallint[], $32::text[], $33::text[],
              $34::text[], $35::text[], $36::text[]) with ordinality
    as d (message_id, number, document, destination, shard, operation, lane, external_id, retries, when_parked, place)
  join fresh using (message_id) cross join clock
  order by d.place
),
event as (
  insert into events (tick, message_id, body)
  select clock.tick, e.message_id, e.body
  from unnest($4::uuid[], $37::bytea[]) with ordinality as e (message_id, body, place)
  join fresh using (message_id) cross join clock
  order by e.place
)
select message_id from fresh;

-- name: refuse
-- Refusals are recorded too, with their payload where there was one. They take no key: a corrected document may come
-- under the same one.
with clock as materialized (select ledger_tick() as tick),
message as (
  insert into messages (id, received_at, sender_kind, sender, channel, document_type, content_hash, size, verdict,
                        refusal, policy_revision, traceparent, test)
  select m.id, m.received_at, m.sender_kind, m.sender, m.channel, m.document_type, m.content_hash, m.size, 'refused',
         m.refusal, m.policy_revision, m.traceparent, false
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::int[],
              $9::text[], $10::text[], $11::text[])
    as m (id, received_at, sender_kind, sender, channel, document_type, content_hash, size, refusal, policy_revision,
          traceparent)
  on conflict (id) do nothing
  returning id
),
payload as (
  insert into payloads (owner, hash, data_key, nonce, encoding, size, sealed)
  select p.owner, p.hash, p.data_key, p.nonce, p.encoding, p.size, p.sealed
  from unnest($12::text[], $13::bytea[], $14::uuid[], $15::bytea[], $16::text[], $17::int[], $18::bytea[])
    as p (owner, hash, data_key, nonce, encoding, size, sealed)
  order by p.owner, p.hash
  on conflict (owner, hash) do nothing
)
insert into events (tick, message_id, body)
select clock.tick, e.message_id, e.body
from unnest($1::uuid[], $19::bytea[]) as e (message_id, body)
join message on message.id = e.message_id cross join clock;

-- name: note
-- Events that belong to no new message (repeats, limits, policies).
insert into events (tick, message_id, body)
select ledger_tick(), e.message_id, e.body from unnest($1::uuid[], $2::bytea[]) as e (message_id, body);

-- name: seen
-- What was said to these submissions when they first came.
select s.sender, s.key, s.content_hash, s.message_id, e.body as statement
from unnest($1::text[], $2::text[]) as asked (sender, key)
join submissions_seen s using (sender, key)
join lateral (
  select body from events where message_id = s.message_id order by tick, id limit 1
) e on true;

-- name: keep_data_key
insert into data_keys (id, owner, kek_id, wrapped) values ($1, $2, $3, $4) on conflict (id) do nothing;
