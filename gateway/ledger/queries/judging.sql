-- name: judged_since
-- Messages with the facts they were judged by and where they went, in the order in which they came, after the id $1.
select m.id, m.received_at, m.sender_kind, m.sender, m.size, m.content_hash, m.verdict, m.refusal, m.policy_revision,
       m.facts, coalesce(d.routes, '{}') as routes
from messages m
left join lateral (
  select array_agg(distinct destination || ' ' || operation order by destination || ' ' || operation) as routes
  from deliveries where message_id = m.id
) d on true
where m.id > $1 and m.facts is not null
order by m.id limit $2;

-- name: judged_one
select m.id, m.received_at, m.sender_kind, m.sender, m.size, m.content_hash, m.verdict, m.refusal, m.policy_revision,
       m.facts, coalesce((
         select array_agg(distinct destination || ' ' || operation order by destination || ' ' || operation)
         from deliveries where message_id = m.id), '{}') as routes
from messages m where m.id = $1 and m.facts is not null;

-- name: judged_before_facts
-- Messages of that time that cannot be judged again: they were recorded before facts were kept.
select count(*) from messages where id > $1 and facts is null;

-- name: refused_requests
-- Sums of requests refused before their body was read.
select body from events
where message_id is null and body like '%"event":"intake.requests.%'::bytea
order by tick, id;
