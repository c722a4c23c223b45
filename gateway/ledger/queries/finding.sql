-- name: numbered
-- Messages that hold a document of this very number ($1), or were refused with one, newest first. Ids are UUIDv7, so that
-- they bound the time.
with found as (
  select message_id as id from documents where business_number = $1
  union
  select id from messages where verdict = 'refused' and refused_numbers(refusal) ? $1
)
select m.id from found join messages m using (id)
where m.id >= $2 and m.id < $3
  and ($4::text is null or m.sender = $4) and ($5::text is null or m.document_type = $5)
  and ($6::text is null or m.verdict = $6)
order by m.id desc limit $7;

-- name: containing
-- Those in whose numbers the text stands anywhere: read through, so the time must be bounded.
with found as (
  select message_id as id from documents
  where strpos(lower(business_number), lower($1)) > 0 and message_id >= $2 and message_id < $3
  union
  select m.id from messages m cross join jsonb_array_elements_text(refused_numbers(m.refusal)) as number
  where m.verdict = 'refused' and m.id >= $2 and m.id < $3 and strpos(lower(number), lower($1)) > 0
)
select m.id from found join messages m using (id)
where ($4::text is null or m.sender = $4) and ($5::text is null or m.document_type = $5)
  and ($6::text is null or m.verdict = $6)
order by m.id desc limit $7;

-- name: received
-- Messages of anybody, newest first; $1 is their trace, null for any.
select m.id from messages m
where ($1::text is null or substr(m.traceparent, 4, 32) = $1) and m.id >= $2 and m.id < $3
  and ($4::text is null or m.sender = $4) and ($5::text is null or m.document_type = $5)
  and ($6::text is null or m.verdict = $6)
order by m.id desc limit $7;

-- name: waiting
-- What has not ended and is not parked, oldest first: the exceptions, and what lies beyond the cursors. `behind` is the
-- delivery that holds its lane, with its own state and the time of its next try; it is looked for of what is shown alone,
-- for thousands may be held in one lane, each behind all before it.
with open as (
  select x.message_id, x.number, x.destination, x.shard, x.lane, x.state, x.cause, x.last_error, x.attempts, x.due_at, x.since,
         x.tick, x.position
  from exceptions x where x.state <> 'parked' and ($1::text is null or x.destination = $1)
  union all
  select d.message_id, d.number, d.destination, d.shard, d.lane, 'pending', null, null, 0, null, null, d.tick, d.position
  from deliveries d left join shards s using (destination, shard)
  where (d.tick, d.position) > (coalesce(s.tick, 0), coalesce(s.position, 0))
    and ($1::text is null or d.destination = $1)
),
shown as materialized (
  select o.*, coalesce(o.since, m.received_at) as waits_since, c.document_type, c.business_number, m.sender, d.deadline
  from open o
  join deliveries d using (message_id, number)
  join documents c on c.message_id = o.message_id and c.number = d.document
  join messages m on m.id = o.message_id
  where $2::text is null or m.sender = $2
  order by o.tick, o.position limit $3
)
select s.message_id, s.number, s.destination, s.lane, s.state, s.cause, s.last_error, s.attempts, s.due_at,
       s.waits_since as since, s.document_type, s.business_number, s.sender, s.deadline,
       first.message_id || '.' || first.number as behind, first.state as behind_state, first.due_at as behind_due_at
from shown s
left join lateral (
  select b.message_id, b.number, b.state, b.due_at from exceptions b
  where s.state = 'held' and b.destination = s.destination and b.shard = s.shard and b.lane = s.lane and b.blocks
    and (b.tick, b.position) < (s.tick, s.position)
  order by b.state = 'held', b.tick, b.position limit 1
) first on true
order by s.tick, s.position;
