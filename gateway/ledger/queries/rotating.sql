-- name: outdated_keys
-- Data keys wrapped by another key than the newest.
select id, owner, kek_id, wrapped from data_keys where kek_id <> $1 order by id limit $2 for update skip locked;

-- name: rewrap_key
update data_keys set kek_id = $2, wrapped = $3 where id = $1;
