-- name: lock_inbox
-- One fetch of a destination at a time, so that two of them cannot share a lane out of order.
select pg_advisory_xact_lock(hashtextextended($1, 7226963));

-- name: fetch_offered
-- What lies ready for a receiver that fetches it, the urgent first, else in order; each is hidden from a second fetch until its lease ends.
-- In a lane nothing is handed out behind a delivery that is still hidden, or parked by a rule that holds the others.
with next as (
  select o.message_id, o.number from exceptions o
  where o.destination = $1 and o.state = 'offered' and (o.due_at is null or o.due_at <= now())
    and not exists (
      select 1 from exceptions earlier
      where earlier.destination = $1 and earlier.shard = o.shard and earlier.lane = o.lane
        and (earlier.tick, earlier.position) < (o.tick, o.position)
        and (earlier.blocks or (earlier.state = 'offered' and earlier.due_at > now())))
  order by ledger_rank(o.shard), o.tick, o.position limit $2 for update
),
taken as (
  update exceptions x set due_at = now() + make_interval(secs => $3), attempts = attempts + 1
  from next where x.message_id = next.message_id and x.number = next.number
  returning x.message_id, x.number, x.shard, x.lane, x.tick, x.position, x.attempts, x.due_at
)
select t.*, d.external_id, d.document, m.sender, m.received_at, m.traceparent, m.test,
       c.document_type, c.business_key, c.business_number, c.body_hash, c.bundle
from taken t
join deliveries d using (message_id, number)
join messages m on m.id = t.message_id
join documents c on c.message_id = t.message_id and c.number = d.document
order by ledger_rank(t.shard), t.tick, t.position;

-- name: offered
select message_id, number, state, attempts from exceptions
where message_id = $1 and number = $2 and destination = $3 for update;

-- name: ended
-- How a delivery to this destination ended, if it did.
select a.outcome, a.reference from deliveries d left join attempts a
  on a.message_id = d.message_id and a.number = d.number and a.outcome in ('delivered', 'cancelled')
where d.message_id = $1 and d.number = $2 and d.destination = $3;

-- name: end_exception
with gone as (delete from exceptions where message_id = $1 and number = $2 returning message_id, number, attempts)
insert into attempts (message_id, number, attempt, outcome, reference, error, worker)
select message_id, number, attempts, $3, $4, $5, $6 from gone;

-- name: park_exception
with parked as (
  update exceptions x set state = 'parked', blocks = d.when_parked = 'hold', due_at = null, cause = $3, last_error = $4
  from deliveries d
  where x.message_id = $1 and x.number = $2 and d.message_id = $1 and d.number = $2
  returning x.message_id, x.number, x.attempts
)
insert into attempts (message_id, number, attempt, outcome, error, worker)
select message_id, number, attempts, 'refused', $4, $5 from parked;
