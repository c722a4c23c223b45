-- name: seat_destination
insert into shards (destination, shard) select $1, s from generate_series(0, $2 - 1) as s on conflict do nothing;

-- name: report_worker
insert into workers (id) values ($1) on conflict (id) do update set seen_at = now();

-- name: forget_workers
delete from workers where id = $1 or seen_at < now() - interval '1 minute';

-- name: release
-- A worker that stops gives its shards back at once.
update shards set owner = null, expires_at = '-infinity' where owner = $1;

-- name: renew
update shards set expires_at = now() + make_interval(secs => $2)
where owner = $1 and expires_at > now()
returning destination, shard, epoch;

-- name: give_up
-- Rebalancing: what a worker holds above its share becomes free for the others.
update shards set owner = null, expires_at = '-infinity'
where owner = $1 and destination = $2 and shard = any ($3::smallint[]);

-- name: live_workers
select count(*) from workers where seen_at > now() - make_interval(secs => $1);

-- name: lease
-- Free shards, or those whose owner has gone quiet. A new owner gets a new epoch; the old one is fenced by it.
update shards set owner = $1, epoch = epoch + 1, expires_at = now() + make_interval(secs => $2)
where (destination, shard) in (
  select destination, shard from shards
  where destination = $3 and expires_at <= now()
  order by shard limit $4 for update skip locked
)
returning destination, shard, epoch;

-- name: shards_with_work
select shard from unnest($2::smallint[]) as mine (shard)
join shards s using (shard)
where s.destination = $1 and (
  exists (select 1 from exceptions e where e.destination = $1 and e.shard = s.shard
            and e.state in ('waiting', 'unknown') and e.due_at <= now())
  or exists (select 1 from deliveries d where d.destination = $1 and d.shard = s.shard
            and (d.tick, d.position) > (s.tick, s.position) and d.tick < ledger_horizon()));

-- name: take_due
-- Exceptions whose time has come, each with the followers held behind it. They are `unknown` from here on: should this
-- worker die, its successor reads back before it sends.
with heads as (
  select lane, state from exceptions
  where destination = $1 and shard = $2 and state in ('waiting', 'unknown') and due_at <= now()
  order by due_at limit $3
),
due as (
  select e.message_id, e.number, e.state from exceptions e
  where e.destination = $1 and e.shard = $2 and e.lane in (select lane from heads)
    and e.state in ('waiting', 'unknown', 'held')
    -- nothing before the first row of the lane that must still wait
    and not exists (
      select 1 from exceptions earlier
      where earlier.destination = $1 and earlier.shard = $2 and earlier.lane = e.lane and earlier.blocks
        and (earlier.tick, earlier.position) < (e.tick, e.position)
        and (earlier.state = 'parked' or (earlier.state in ('waiting', 'unknown') and earlier.due_at > now())))
    and not (e.state in ('waiting', 'unknown') and e.due_at > now())
  order by e.tick, e.position limit $3
),
taken as (
  update exceptions x set state = 'unknown', blocks = true, due_at = now()
  from due, shards s
  where x.message_id = due.message_id and x.number = due.number
    and s.destination = $1 and s.shard = $2 and s.owner = $4 and s.epoch = $5 and s.expires_at > now()
  returning x.message_id, x.number, x.lane, x.tick, x.position, x.attempts, due.state
)
select t.message_id, t.number, t.lane, t.tick, t.position, t.attempts, t.state, true as exceptional,
       false as blocked, t.state = 'unknown' as maybe_sent,
       d.document, d.operation, d.external_id, d.retries, d.when_parked,
       m.sender, m.traceparent, m.test, c.document_type, c.business_key, c.body_hash
from taken t
join deliveries d using (message_id, number)
join messages m on m.id = t.message_id
join documents c on c.message_id = t.message_id and c.number = d.document
order by t.tick, t.position;

-- name: take_next
-- Forward from the shard's cursor, never past the oldest transaction still running. What an earlier owner may have
-- sent and not settled comes back as maybe_sent.
with mine as (
  select * from shards where destination = $1 and shard = $2 and owner = $4 and epoch = $5 and expires_at > now()
),
batch as (
  select d.* from mine, deliveries d
  where d.destination = $1 and d.shard = $2 and (d.tick, d.position) > (mine.tick, mine.position)
    and d.tick < ledger_horizon()
  order by d.tick, d.position limit $3
),
reach as (select tick, position from batch order by tick desc, position desc limit 1),
taken as (
  update shards s set taken_tick = reach.tick, taken_position = reach.position
  from reach, mine
  where s.destination = $1 and s.shard = $2
    and (reach.tick, reach.position) > (mine.taken_tick, mine.taken_position)
)
select d.message_id, d.number, d.lane, d.tick, d.position, 0 as attempts, 'pending' as state, false as exceptional,
       exists (select 1 from exceptions e where e.destination = $1 and e.shard = $2 and e.lane = d.lane and e.blocks)
         as blocked,
       (d.tick, d.position) <= (mine.taken_tick, mine.taken_position) as maybe_sent,
       d.document, d.operation, d.external_id, d.retries, d.when_parked,
       m.sender, m.traceparent, m.test, c.document_type, c.business_key, c.body_hash
from batch d cross join mine
join messages m on m.id = d.message_id
join documents c on c.message_id = d.message_id and c.number = d.document
order by d.tick, d.position;

-- name: settle
-- The results of one batch in one statement. Fenced: when another worker owns the shard by now, nothing is written
-- and no row comes back.
with fence as (
  update shards set tick = case when ($5, $6) > (tick, position) then $5 else tick end,
                    position = case when ($5, $6) > (tick, position) then $6 else position end
  where destination = $1 and shard = $2 and owner = $3 and epoch = $4 and expires_at > now()
  returning 1
),
result as (
  select r.* from fence, unnest($7::uuid[], $8::smallint[], $9::int[], $10::text[], $11::text[], $12::text[],
                         $13::text[], $14::bool[], $15::float8[], $16::text[], $17::bigint[], $18::bigint[],
                         $19::text[])
    with ordinality as r (message_id, number, attempt, outcome, reference, error, state, blocks, after, cause, tick,
                          position, lane, place)
),
attempt as (
  insert into attempts (message_id, number, attempt, outcome, reference, error, worker)
  select message_id, number, attempt, outcome, reference, error, $3 from result where outcome <> 'held' order by place
),
over as (
  delete from exceptions e using result r
  where r.state in ('delivered', 'cancelled') and e.message_id = r.message_id and e.number = r.number
),
exceptional as (
  insert into exceptions (message_id, number, destination, shard, lane, tick, position, state, blocks, due_at,
                          attempts, cause, last_error)
  select r.message_id, r.number, $1, $2, r.lane, r.tick, r.position, r.state, r.blocks,
         now() + make_interval(secs => r.after), r.attempt, r.cause, r.error
  from result r where r.state not in ('delivered', 'cancelled')
  on conflict (message_id, number) do update
    set state = excluded.state, blocks = excluded.blocks, due_at = excluded.due_at, attempts = excluded.attempts,
        cause = excluded.cause, last_error = excluded.last_error
),
event as (
  insert into events (tick, message_id, body)
  select ledger_tick(), e.message_id, e.body
  from fence, unnest($20::uuid[], $21::bytea[]) with ordinality as e (message_id, body, place)
  order by e.place
)
select count(*) from fence;

-- name: free_lanes
-- The first row held in a lane that nothing blocks any more becomes due.
update exceptions x set state = 'waiting', due_at = now()
from (
  select distinct on (e.lane) e.message_id, e.number, e.state from exceptions e
  where e.destination = $1 and e.shard = $2 and e.lane = any ($3::text[]) and e.blocks
  order by e.lane, e.tick, e.position
) head
where x.message_id = head.message_id and x.number = head.number and head.state = 'held';
