-- name: lift_clock
-- After a restore into a cluster whose transaction ids are lower than the ticks recorded, lift the clock above them.
-- Elsewhere no row visible to this statement can carry a tick as high as its own.
update ledger_clock set offset_ticks = offset_ticks + high.tick - ledger_tick() + 1
from (select coalesce(max(tick), 0) as tick from events) high
where ledger_tick() <= high.tick;

-- name: prepare_migrations
create table if not exists schema_migrations (name text primary key, applied_at timestamptz not null default now());

-- name: lock_migrations
select pg_advisory_xact_lock(7226961);

-- name: applied_migrations
select name from schema_migrations;

-- name: note_migration
insert into schema_migrations (name) values ($1);
