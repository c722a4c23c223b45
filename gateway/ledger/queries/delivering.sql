-- name: seat_destination
insert into shards (destination, shard) select $1, s from generate_series(0, $2 - 1) as s on conflict do nothing;

-- name: seated_destinations
-- Every destination a worker has ever served.
select distinct destination from shards;

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
  order by shard % 8, shard limit $4 for update skip locked  -- as sharding.evenly
)
returning destination, shard, epoch;

-- name: shards_with_work
-- The same questions as take_due and take_next ask: a shard named here has something to take.
select shard from unnest($2::smallint[]) as mine (shard)
join shards s using (shard)
where s.destination = $1 and (
  exists (
    select 1 from exceptions e
    where e.destination = $1 and e.shard = s.shard and e.state in ('waiting', 'unknown') and e.due_at <= now()
      and not exists (
        select 1 from exceptions stop
        where stop.destination = $1 and stop.shard = s.shard and stop.lane = e.lane and stop.blocks
          and (stop.state = 'parked' or (stop.state in ('waiting', 'unknown') and stop.due_at > now()))
          and (stop.tick, stop.position) < (e.tick, e.position)))
  or exists (
    select 1 from deliveries d
    where d.destination = $1 and d.shard = s.shard
      and (d.tick, d.position) > (s.tick, s.position) and d.tick < ledger_horizon()));

-- name: take_due
-- Exceptions whose time has come, each with the followers held behind it, evenly from all lanes; in a lane nothing
-- behind a row that must still wait. They are `unknown` from here on: should this worker die, its successor reads back
-- before it sends. The shard is locked while they are taken, so that a new owner sees either none or all of it.
with heads as (
  select distinct lane from (
    select e.lane from exceptions e
    where e.destination = $1 and e.shard = $2 and e.state in ('waiting', 'unknown') and e.due_at <= now()
      and not exists (
        select 1 from exceptions stop
        where stop.destination = $1 and stop.shard = $2 and stop.lane = e.lane and stop.blocks
          and (stop.state = 'parked' or (stop.state in ('waiting', 'unknown') and stop.due_at > now()))
          and (stop.tick, stop.position) < (e.tick, e.position))
    order by e.due_at limit $3) oldest
),
ready as (
  select e.*, row_number() over (partition by heads.lane order by e.tick, e.position) as place
  from heads
  left join lateral (
    select tick, position from exceptions stop
    where stop.destination = $1 and stop.shard = $2 and stop.lane = heads.lane and stop.blocks
      and (stop.state = 'parked' or (stop.state in ('waiting', 'unknown') and stop.due_at > now()))
    order by stop.tick, stop.position limit 1
  ) stop on true
  cross join lateral (
    select message_id, number, state, tick, position from exceptions e
    where e.destination = $1 and e.shard = $2 and e.lane = heads.lane
      and (e.state = 'held' or (e.state in ('waiting', 'unknown') and e.due_at <= now()))
      and (stop.tick is null or (e.tick, e.position) < (stop.tick, stop.position))
    order by e.tick, e.position limit $3
  ) e
),
due as (select message_id, number, state from ready order by place, tick, position limit $3),
fence as (
  select 1 from shards
  where destination = $1 and shard = $2 and owner = $4 and epoch = $5 and expires_at > now()
    and exists (select 1 from due)
  for no key update
),
taken as (
  update exceptions x set state = 'unknown', due_at = now()
  from due, fence
  where x.message_id = due.message_id and x.number = due.number
  returning x.message_id, x.number, x.lane, x.tick, x.position, x.attempts, x.blocks, x.approved, due.state
)
select t.message_id, t.number, t.lane, t.tick, t.position, t.attempts, t.state, true as exceptional,
       false as blocked, t.state = 'unknown' as maybe_sent, not t.blocks as passed, t.approved,
       d.document, d.operation, d.external_id, d.retries, d.when_parked,
       m.sender, m.traceparent, m.test, c.document_type, c.business_key, c.body_hash, c.bundle,
       case when row_number() over (partition by m.id order by t.tick, t.position) = 1 then m.facts end as facts
from taken t
join deliveries d using (message_id, number)
join messages m on m.id = t.message_id
join documents c on c.message_id = t.message_id and c.number = d.document
order by t.tick, t.position;

-- name: take_next
-- Forward from the shard's cursor, never past the oldest transaction still running. What an earlier owner may have
-- sent and not settled comes back as maybe_sent. Nothing comes back when the lease is lost before `taken` is moved.
with mine as materialized (
  select tick, position, taken_tick, taken_position from shards
  where destination = $1 and shard = $2 and owner = $4 and epoch = $5 and expires_at > now()
),
batch as (
  select d.* from deliveries d
  where d.destination = $1 and d.shard = $2
    and (d.tick, d.position) > ((select tick from mine), (select position from mine))
    and d.tick < ledger_horizon()
  order by d.tick, d.position limit $3
),
reach as (select tick, position from batch order by tick desc, position desc limit 1),
taken as (
  update shards s
  set taken_tick = case when (reach.tick, reach.position) > (s.taken_tick, s.taken_position)
                        then reach.tick else s.taken_tick end,
      taken_position = case when (reach.tick, reach.position) > (s.taken_tick, s.taken_position)
                            then reach.position else s.taken_position end
  from reach
  where s.destination = $1 and s.shard = $2 and s.owner = $4 and s.epoch = $5
  returning 1
)
select d.message_id, d.number, d.lane, d.tick, d.position, 0 as attempts, 'pending' as state, false as exceptional,
       exists (select 1 from exceptions e where e.destination = $1 and e.shard = $2 and e.lane = d.lane and e.blocks)
         as blocked,
       (d.tick, d.position) <= (mine.taken_tick, mine.taken_position) as maybe_sent, false as passed, false as approved,
       d.document, d.operation, d.external_id, d.retries, d.when_parked,
       m.sender, m.traceparent, m.test, c.document_type, c.business_key, c.body_hash, c.bundle,
       case when row_number() over (partition by m.id order by d.tick, d.position) = 1 then m.facts end as facts
from batch d cross join mine cross join taken
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
from unnest($3::text[]) as freed (lane)
cross join lateral (
  select e.message_id, e.number, e.state from exceptions e
  where e.destination = $1 and e.shard = $2 and e.lane = freed.lane and e.blocks
  order by e.tick, e.position limit 1
) head
where x.message_id = head.message_id and x.number = head.number and head.state = 'held';
