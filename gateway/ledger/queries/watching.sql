-- name: report_gateway
insert into gateways (id, revision, number, problems, candidate) values ($1, $2, $3, $4, $5)
on conflict (id) do update set seen_at = now(), revision = excluded.revision, number = excluded.number,
  problems = excluded.problems, candidate = excluded.candidate;

-- name: forget_gateways
-- Processes that are long gone; those of the last hour are still shown as away.
delete from gateways where seen_at < now() - interval '1 hour';

-- name: forget_gateway
-- One that was told to stop; one that died says nothing, and counts as running until it has been silent for long.
delete from gateways where id = $1;

-- name: gateways
select id, started_at, seen_at, revision, number, problems, candidate,
       extract(epoch from now() - seen_at)::double precision as silent
from gateways order by id;

-- name: add_shadow_run
insert into shadow_runs (candidate, live, judged, skipped) values ($1, $2, $3, $4)
on conflict (candidate, live) do update set judged = shadow_runs.judged + excluded.judged,
  skipped = shadow_runs.skipped + excluded.skipped, last_at = now();

-- name: add_shadow_difference
insert into shadow_differences (candidate, live, sender, change, rule, messages, example)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (candidate, live, sender, change, rule) do update
  set messages = shadow_differences.messages + excluded.messages, example = excluded.example, last_at = now();

-- name: shadow_runs
select candidate, live, judged, skipped, first_at, last_at from shadow_runs order by last_at desc;

-- name: shadow_differences
select sender, change, rule, messages, example, first_at, last_at from shadow_differences
where candidate = $1 and live = $2 order by messages desc, sender, rule;
