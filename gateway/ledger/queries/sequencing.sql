-- name: lead
select pg_try_advisory_lock(7226962);

-- name: step_down
-- However often this session said it leads. The connection goes back into the pool, which resets nothing.
select pg_advisory_unlock_all();

-- name: unsequenced
select e.tick, e.id, e.body from tree_head h, events e
where (e.tick, e.id) > (h.tick, h.event) and e.tick < ledger_horizon()
order by e.tick, e.id limit $1;

-- name: head
select size, tick, event, frontier from tree_head;

-- name: append_leaves
insert into leaves (leaf, event, hash) select * from unnest($1::bigint[], $2::bigint[], $3::bytea[]);

-- name: append_tiles
insert into tiles (level, number, hash) select * from unnest($1::smallint[], $2::bigint[], $3::bytea[]);

-- name: move_head
update tree_head set size = $2, tick = $3, event = $4, frontier = $5 where size = $1;

-- name: keep_checkpoint
insert into checkpoints (size, note) values ($1, $2) on conflict do nothing;

-- name: newest_checkpoint
select size, note, signed_at from checkpoints order by size desc limit 1;

-- name: checkpoints
select size, note from checkpoints order by size;

-- name: leaf_hashes
select hash from leaves where leaf >= $1 and leaf < $2 order by leaf;

-- name: tile_hashes
select hash from tiles where level = $1 and number >= $2 and number < $3 order by number;

-- name: audited
-- Every event beside the leaf that claims it, in the order of the tree, and the message it is about; either may be
-- missing.
select e.tick, e.id, e.message_id, e.body, l.leaf, l.event, l.hash, m.sender, m.verdict, m.content_hash
from (select * from events where (tick, id) > ($1, $2) and (tick, id) <= ($3, $4) order by tick, id limit $5) e
left join leaves l on l.event = e.id
left join messages m on m.id = e.message_id
order by e.tick, e.id;

-- name: told_of
-- The next $2 messages after $1, and whether an event tells of each. Where a rule erased its events they are there, without
-- their text.
select m.id, m.events_erased_at is not null or e.told is not null as is_told
from (select id, events_erased_at from messages where id > $1 order by id limit $2) m
left join lateral (select true as told from events where message_id = m.id limit 1) e on true
order by m.id;

-- name: not_in_tree
-- How many events lie beyond the head of the tree.
select count(*) from events where (tick, id) > ($1, $2);
