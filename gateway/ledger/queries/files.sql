-- name: keep_files
insert into message_files (message_id, number, file_name, media_type, size, owner, hash)
select * from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::bytea[])
on conflict (message_id, number) do nothing;

-- name: files
select f.number, f.file_name, f.media_type, f.size, f.owner, f.hash, m.payload_erased_at
from message_files f join messages m on m.id = f.message_id
where f.message_id = $1 order by f.number;
