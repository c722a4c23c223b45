-- name: highest_tick
-- Asked in a statement of its own: in one with ledger_tick() the planner may take the transaction's id before the rows
-- are looked at, and rows committed in between would look like those of another cluster.
select coalesce(max(tick), 0) from events;

-- name: lift_clock
-- After a restore into a cluster whose transaction ids are lower than the ticks recorded, lift the clock above them.
-- Elsewhere the id this statement takes is higher than that of any row seen before it.
update ledger_clock set offset_ticks = offset_ticks + $1 - ledger_tick() + 1 where ledger_tick() <= $1;

-- name: prepare_migrations
create table if not exists schema_migrations (name text primary key, applied_at timestamptz not null default now());

-- name: lock_migrations
select pg_advisory_xact_lock(7226961);

-- name: applied_migrations
select name from schema_migrations;

-- name: note_migration
insert into schema_migrations (name) values ($1);
