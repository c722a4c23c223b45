-- name: notice_overdue
-- Deliveries whose deadline has passed while they wait, each noticed once. What has ended stands neither in exceptions
-- nor beyond the cursor of its shard.
with late as (
  select d.message_id, d.number, d.destination, d.deadline, d.flow
  from exceptions x join deliveries d using (message_id, number)
  where d.deadline <= now()
  union all
  select d.message_id, d.number, d.destination, d.deadline, d.flow
  from deliveries d left join shards s using (destination, shard)
  where (d.tick, d.position) > (coalesce(s.tick, 0), coalesce(s.position, 0)) and d.deadline <= now()
),
noticed as (
  insert into overdue (message_id, number, destination)
  select message_id, number, destination from late on conflict do nothing
  returning message_id, number
)
select late.* from late join noticed using (message_id, number) order by deadline;

-- name: end_overdue
-- Those that ended after all, or were given up.
update overdue o set ended_at = a.at from attempts a
where o.ended_at is null and a.message_id = o.message_id and a.number = o.number
  and a.outcome in ('delivered', 'cancelled');

-- name: overdue_now
select o.destination, d.flow, count(*) as deliveries
from overdue o join deliveries d using (message_id, number)
where o.ended_at is null group by o.destination, d.flow;
