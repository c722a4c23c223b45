-- name: replay
-- Parked deliveries become due again, at most one every $5 seconds. Null selects everything. They are read back before
-- they are sent: the last attempt of one that was parked may have had its effect. One that let others pass still does.
-- A proposal is approved by it, so it is chosen by its message or its cause alone, never among others.
with parked as (
  select message_id, number, tick, position from exceptions
  where state = 'parked'
    and ($1::uuid is null or message_id = $1) and ($2::smallint is null or number = $2)
    and ($3::text is null or destination = $3) and ($4::text is null or cause = $4)
    and (cause is distinct from 'ownership.proposed' or $1 is not null or $4 is not null)
  order by tick, position limit $6 for update
),
chosen as (select message_id, number, row_number() over (order by tick, position) as place from parked)
update exceptions x
set state = 'unknown', attempts = 0, approved = approved or cause = 'ownership.proposed', due_at = now() + make_interval(secs => (chosen.place - 1) * $5)
from chosen where x.message_id = chosen.message_id and x.number = chosen.number
returning x.message_id, x.number, x.destination, x.lane;

-- name: parked
select x.message_id, x.number, x.destination, x.lane, x.cause, x.last_error, x.attempts, x.since,
       c.document_type, c.business_number, m.sender
from exceptions x
join deliveries d using (message_id, number)
join documents c on c.message_id = x.message_id and c.number = d.document
join messages m on m.id = x.message_id
where x.state = 'parked' and ($1::text is null or x.destination = $1) and ($2::text is null or x.cause = $2)
order by x.tick, x.position limit $3;

-- name: lock_shard
-- Before a row is taken away: a worker that settles meanwhile either has held its followers by now, and they are seen
-- and freed, or finds nothing that blocks them.
select 1 from shards where (destination, shard) = (
  select destination, shard from exceptions where message_id = $1 and number = $2) for no key update;

-- name: cancellable
select destination, shard, lane, state from exceptions where message_id = $1 and number = $2
  and state in ('waiting', 'held', 'parked', 'offered') for update;

-- name: imbalance
-- The conservation law: every delivery accepted is delivered, cancelled, or visibly waiting somewhere; every message
-- accepted has a delivery. One snapshot, so it holds at any moment under load. Must be 0 in every column but the counts.
select
  (select count(*) from messages where verdict = 'accepted') as accepted,
  (select count(*) from messages where verdict = 'refused') as refused,
  (select count(*) from deliveries) as deliveries,
  (select count(*) from attempts where outcome = 'delivered') as delivered,
  (select count(*) from attempts where outcome = 'cancelled') as cancelled,
  (select count(*) from exceptions where state in ('waiting', 'unknown', 'held', 'offered')) as waiting,
  (select count(*) from exceptions where state = 'parked') as parked,
  (select count(*) from deliveries d left join shards s using (destination, shard)
    where (d.tick, d.position) > (coalesce(s.tick, 0), coalesce(s.position, 0))) as pending,
  (select count(*) from messages m where verdict = 'accepted'
    and document_type is distinct from 'ack'  -- what it says took effect in its own transaction
    and not exists (select 1 from deliveries d where d.message_id = m.id)
    and not exists (select 1 from long_interchanges l where l.message_id = m.id  -- it waits, was refused, or became others
                      and (l.state <> 'divided' or exists (select 1 from interchange_parts p where p.message_id = m.id)))
  ) as without_delivery;

-- name: depths
select destination, state, count(*) as depth, extract(epoch from now() - min(since)) as oldest
from exceptions group by destination, state
union all
select d.destination, 'pending', count(*), extract(epoch from now() - min(m.received_at))
from deliveries d left join shards s using (destination, shard) join messages m on m.id = d.message_id
where (d.tick, d.position) > (coalesce(s.tick, 0), coalesce(s.position, 0))
group by d.destination;
