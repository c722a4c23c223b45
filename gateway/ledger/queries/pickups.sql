-- name: seat
-- Every folder that profiles name has its row; another place begins anew, whoever looks at the old one now.
insert into pickup_servers as s (partner, place, next_look)
select u.partner, u.place, $3 from unnest($1::text[], $2::text[]) as u (partner, place)
on conflict (partner) do update set place = excluded.place, next_look = excluded.next_look, epoch = s.epoch + 1,
  owner = null, leased_until = null, looked_at = null, waiting = 0, failing_since = null, failures = 0,
  last_error = null, alerted_at = null
  where s.place <> excluded.place;

-- name: lease
-- Those that are due and nobody looks at, the longest overdue first. Leases are kept by the database's clock.
update pickup_servers s set owner = $1, epoch = s.epoch + 1, leased_until = now() + make_interval(secs => $2)
where s.partner in (
  select partner from pickup_servers
  where partner = any ($3::text[]) and next_look <= $4 and (leased_until is null or leased_until < now())
  order by next_look limit $5 for update skip locked)
returning s.partner, s.place, s.epoch, s.failures;

-- name: renew
update pickup_servers set leased_until = now() + make_interval(secs => $3)
where partner = $1 and epoch = $2 returning 1;

-- name: hold
-- Nobody else is given the turn before this transaction has ended.
select 1 from pickup_servers where partner = $1 and epoch = $2 for share;

-- name: end_well
-- With what it had told before, if it did.
with before as (select alerted_at from pickup_servers where partner = $1)
update pickup_servers set owner = null, leased_until = null, next_look = $3, looked_at = $4, waiting = $5,
  failing_since = null, failures = 0, last_error = null, alerted_at = null
where partner = $1 and epoch = $2 returning (select alerted_at from before) as alerted_at;

-- name: end_badly
update pickup_servers set owner = null, leased_until = null, next_look = $3,
  failing_since = coalesce(failing_since, $4), failures = failures + 1, last_error = $5
where partner = $1 and epoch = $2 returning failing_since, failures, alerted_at;

-- name: put_off
-- Nothing was learnt of their server: ours could not go on.
update pickup_servers set owner = null, leased_until = null, next_look = $3 where partner = $1 and epoch = $2;

-- name: server_alerted
update pickup_servers set alerted_at = $2 where partner = $1;

-- name: known
select name, size, modified, since, state, hash, fetched_at, message_id, verdict, after, failures, not_before
from pickup_files where partner = $1 and place = $2 and (seen_at = $3 or state = 'taken');

-- name: changed
-- Another size or time is another file, and so is one that lies there again after it was taken away.
update pickup_files f set size = u.size, modified = u.modified, since = $6, seen_at = $6, state = 'seen', hash = null,
  fetched_at = null, message_id = null, verdict = null, after = null, failures = 0, failing_since = null,
  last_error = null, not_before = null, alerted_at = null
from unnest($3::text[], $4::bigint[], $5::bigint[]) as u (name, size, modified)
where f.partner = $1 and f.place = $2 and f.name = u.name
  and ((f.size, f.modified) <> (u.size, u.modified) or (f.state = 'done' and f.after <> 'kept'));

-- name: seen
insert into pickup_files as f (id, partner, place, name, size, modified, since, seen_at)
select u.id, $1, $2, u.name, u.size, u.modified, $6, $6
from unnest($3::text[], $4::bigint[], $5::bigint[], $7::uuid[]) as u (name, size, modified, id)
on conflict (partner, place, name) do update set seen_at = excluded.seen_at;

-- name: vanished
-- What is gone before it was taken is nothing we know of.
delete from pickup_files where partner = $1 and place = $2 and state in ('seen', 'fetched') and seen_at < $3;

-- name: fetched
update pickup_files set state = 'fetched', hash = $4, fetched_at = $5
where partner = $1 and place = $2 and name = $3;

-- name: recorded_since
-- A refusal, or a test, of these bytes on record since then: what intake would not recognise if they came again.
select id, verdict from messages
where sender_kind = 'partner' and sender = $1 and id >= $2 and content_hash = $3 and (verdict = 'refused' or test)
limit 1;

-- name: taken
update pickup_files set state = 'taken', message_id = $4, verdict = $5, failures = 0, failing_since = null,
  last_error = null, not_before = null
where partner = $1 and place = $2 and name = $3;

-- name: done
update pickup_files set state = 'done', after = $4, failures = 0, failing_since = null, last_error = null,
  not_before = null, alerted_at = null
where partner = $1 and place = $2 and name = $3 and state = 'taken'
returning id, hash, size, message_id, verdict;

-- name: failed
update pickup_files set failures = failures + 1, failing_since = coalesce(failing_since, $4), last_error = $5,
  not_before = $6
where partner = $1 and place = $2 and name = $3 returning id, failing_since, failures, alerted_at;

-- name: file_alerted
update pickup_files set alerted_at = $2 where id = $1;

-- name: forget
-- What has not lain there for long. Folders that no profile names any more are forgotten in the same way.
delete from pickup_files where ctid in (select ctid from pickup_files where seen_at < $1 limit $2);

-- name: servers
select s.partner, s.place, s.next_look, s.looked_at, s.waiting, s.failing_since, s.failures, s.last_error,
  s.alerted_at, coalesce(s.leased_until > now(), false) as looking,
  (select count(*)::integer from pickup_files f
   where f.partner = s.partner and f.place = s.place and f.failing_since is not null) as failing
from pickup_servers s order by s.partner;

-- name: files
select f.id, f.name, f.size, f.modified, f.since, f.seen_at, f.state, f.message_id, f.verdict, f.after, f.failures,
  f.failing_since, f.last_error, f.not_before
from pickup_files f join pickup_servers s on s.partner = f.partner and s.place = f.place
where f.partner = $1 order by f.seen_at desc, f.name limit $2;

-- name: make_due
-- Also what has failed and was put off. The look under way, if there is one, is not the one that is meant.
with files as (update pickup_files set not_before = null where partner = $1 and not_before is not null)
update pickup_servers set next_look = $2 where partner = $1 returning 1;
