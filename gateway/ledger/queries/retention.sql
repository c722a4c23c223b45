-- name: kept_messages
-- Messages whose bytes are here, oldest first, after $1 and before $2. `ended`: nothing is under way any more.
select m.id, m.received_at, m.sender_kind, m.sender, m.document_type, m.verdict, m.test, m.facts,
       coalesce(d.flows, '{}') as flows,
       coalesce(d.ended, true)
         and not exists (select from long_interchanges l where l.message_id = m.id and l.due_at is not null) as ended
from messages m
left join lateral (
  select array_agg(distinct coalesce(w.flow, '')) as flows,  -- '' for a route without a flow
         bool_and(exists (select 1 from attempts a where a.message_id = w.message_id and a.number = w.number
                            and a.outcome in ('delivered', 'cancelled'))) as ended
  from deliveries w where w.message_id = m.id
) d on true
where m.payload_erased_at is null and m.id > $1 and m.id < $2
order by m.id limit $3;

-- name: telling_messages
-- Messages whose bytes are gone and whose events are here, oldest first, after $1 and before $2.
select m.id, m.received_at, m.sender_kind, m.sender, m.document_type, m.verdict, m.test, m.facts,
       coalesce((select array_agg(distinct coalesce(w.flow, '')) from deliveries w where w.message_id = m.id), '{}')
         as flows, true as ended
from messages m
where m.payload_erased_at is not null and m.events_erased_at is null and m.id > $1 and m.id < $2
order by m.id limit $3;

-- name: erase_events
-- The text of their events, where all of it is in the tree; what they were judged by, and that they came, go with it:
-- the same bytes would be a new message now.
with gone as (
  update messages m set events_erased_at = now(), facts = null
  where m.id = any ($1::uuid[]) and m.payload_erased_at is not null and m.events_erased_at is null
    and not exists (
      select 1 from events e left join leaves l on l.event = e.id where e.message_id = m.id and l.leaf is null)
  returning m.id
),
emptied as (
  update events e set body = '' from gone g where e.message_id = g.id
),
forgotten as (
  delete from submissions_seen s using gone g where s.message_id = g.id
)
select id from gone order by id;

-- name: erase
-- The bytes of messages on which nothing is under way. Bytes that another message has too go with the last of them: a
-- sender's messages are looked through for it, which is rare.
with gone as (
  update messages m set payload_erased_at = now()
  where m.id = any ($1::uuid[]) and m.payload_erased_at is null
    and not exists (
      select 1 from deliveries w where w.message_id = m.id
        and not exists (select 1 from attempts a where a.message_id = w.message_id and a.number = w.number
                          and a.outcome in ('delivered', 'cancelled')))
    and not exists (select from long_interchanges l where l.message_id = m.id and l.due_at is not null)
  returning m.id, m.sender, m.content_hash
),
used as (
  select sender as owner, content_hash as hash from gone
  union
  select g.sender, unnest(array[c.body_hash, c.bundle]) from gone g join documents c on c.message_id = g.id
),
alone as (
  delete from payloads p using used u
  where p.owner = u.owner and p.hash = u.hash and not p.shared
  returning p.size
),
together as (
  delete from payloads p using used u
  where p.owner = u.owner and p.hash = u.hash and p.shared
    and not exists (
      select 1 from messages m
      where m.sender = p.owner and m.payload_erased_at is null and not m.id = any (select id from gone)
        and (m.content_hash = p.hash
             or exists (select 1 from documents c where c.message_id = m.id and p.hash in (c.body_hash, c.bundle))))
  returning p.size
),
named as (
  select sender as owner, content_hash as hash from gone
  union
  select f.owner, f.hash from message_files f join gone on gone.id = f.message_id where f.number > 0
),
in_pieces as (
  delete from payload_pieces p using named n
  where p.owner = n.owner and p.hash = n.hash
    and not exists (
      select 1 from (select message_id, owner, hash from long_interchanges
                     union all select message_id, owner, hash from message_files) l
      join messages m on m.id = l.message_id
      where l.owner = p.owner and l.hash = p.hash and m.payload_erased_at is null
        and not m.id = any (select id from gone))
  returning p.size
)
select (select count(*) from gone) as messages,
       (select coalesce(sum(size), 0) from (select size from alone union all select size from together
                                            union all select size from in_pieces) s) as bytes;
