-- name: record
-- A batch of accepted submissions in one statement, so in one transaction. Whatever a sender has sent before is left
-- out whole; the ids of that come back, which is nearly always none. What came over AS2 brings the answer it will get: a
-- Message-ID that has one already fails the statement, and who holds it is asked (recording.py). Keys are inserted in sorted order: two writers never deadlock on them.
with clock as materialized (select ledger_tick() as tick),
given as materialized (select * from unnest($1::judged_message[]) with ordinality as m),
fresh as (
  insert into submissions_seen (sender, key, content_hash, message_id)
  select sender, key, content_hash, id from given
  order by sender, key
  on conflict (sender, key) do nothing
  returning message_id
),
message as (
  insert into messages (id, received_at, sender_kind, sender, channel, document_type, content_hash, size, verdict,
                        policy_revision, traceparent, test, facts)
  select id, received_at, sender_kind, sender, channel, document_type, content_hash, size, 'accepted',
         policy_revision, traceparent, test, facts
  from given join fresh on fresh.message_id = given.id
),
payload as (
  insert into payloads (owner, hash, data_key, nonce, encoding, size, sealed)
  select distinct on (p.owner, p.hash) p.owner, p.hash, p.data_key, p.nonce, p.encoding, p.size, p.sealed
  from unnest($2::new_payload[]) as p join fresh using (message_id)
  order by p.owner, p.hash
  on conflict (owner, hash) do update set shared = true where not payloads.shared
),
document as (
  insert into documents (message_id, number, document_type, business_number, business_key, body_hash, bundle)
  select d.* from unnest($3::bundled_document[]) as d join fresh using (message_id)
),
delivery as (
  insert into deliveries (destination, shard, tick, message_id, number, document, operation, lane, external_id,
                          retries, when_parked, deadline, flow)
  select d.destination, d.shard, clock.tick, d.message_id, d.number, d.document, d.operation, d.lane, d.external_id,
         d.retries, d.when_parked, d.deadline, d.flow
  from unnest($4::dated_delivery[]) with ordinality as d join fresh using (message_id) cross join clock
  order by d.ordinality
),
exchange as (
  insert into as2_received (partner, ours, message_id, raw_digest, content_digest, signer, file_name, answered_at,
                            message, disposition, mic, receipt)
  select x.partner, x.ours, x.message_id, x.raw_digest, x.content_digest, x.signer, x.file_name, now(),
         x.message, x.disposition, x.mic, x.receipt
  from unnest($5::answered_exchange[]) as x join fresh on fresh.message_id = x.message
  order by x.partner, x.ours, x.message_id
),
reply as (
  insert into as2_replies (partner, ours, message_id, url, receipt)
  select x.partner, x.ours, x.message_id, x.url, x.receipt
  from unnest($5::answered_exchange[]) as x join fresh on fresh.message_id = x.message where x.url is not null
),
said as (
  select given.ordinality, 1 as step, given.id, given.statement as body from given
  union all
  select given.ordinality, 2, given.id, x.leaf
  from unnest($5::answered_exchange[]) as x join given on given.id = x.message
),
event as (
  insert into events (tick, message_id, body)
  select clock.tick, said.id, said.body
  from said join fresh on fresh.message_id = said.id cross join clock
  order by said.ordinality, said.step
)
select id from given where not exists (select from fresh where fresh.message_id = given.id);

-- name: refuse
-- Refusals are recorded too, with their payload where there was one. They take no key: a corrected document may come
-- under the same one.
with clock as materialized (select ledger_tick() as tick),
given as materialized (select * from unnest($1::judged_message[]) as m),
message as (
  insert into messages (id, received_at, sender_kind, sender, channel, document_type, content_hash, size, verdict,
                        refusal, policy_revision, traceparent, test, facts)
  select id, received_at, sender_kind, sender, channel, document_type, content_hash, size, 'refused',
         refusal, policy_revision, traceparent, test, facts
  from given
  on conflict (id) do nothing
  returning id
),
payload as (
  insert into payloads (owner, hash, data_key, nonce, encoding, size, sealed)
  select distinct on (p.owner, p.hash) p.owner, p.hash, p.data_key, p.nonce, p.encoding, p.size, p.sealed
  from unnest($2::new_payload[]) as p
  order by p.owner, p.hash
  on conflict (owner, hash) do update set shared = true where not payloads.shared
)
insert into events (tick, message_id, body)
select clock.tick, given.id, given.statement from given join message using (id) cross join clock;

-- name: share
-- Bytes that came more than once in one batch; of what had come before, the insert itself says so.
update payloads p set shared = true
from unnest($1::text[], $2::bytea[]) as twice (owner, hash)
where p.owner = twice.owner and p.hash = twice.hash and not p.shared;

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

-- name: forget
-- Keys that were used longer ago than their agreements remember become free; the message that had one keeps it under
-- another name.
update submissions_seen s set key = s.key || ' of ' || s.message_id
from unnest($1::text[], $2::text[], $3::uuid[]) as a (sender, key, oldest)
where s.sender = a.sender and s.key = a.key and s.message_id < a.oldest
returning a.sender, a.key;
