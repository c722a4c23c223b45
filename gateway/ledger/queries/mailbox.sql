-- name: keep_payload
insert into payloads (owner, hash, data_key, nonce, encoding, size, sealed) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (owner, hash) do nothing;

-- name: lay
-- A file of this id lies there once, whatever happens. Its name may be another's: then nothing comes back.
insert into mailbox (id, partner, folder, name, hash, size, message_id)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing returning id;

-- name: lay_again
-- An operator wants a parcel that was read to lie there once more.
update mailbox m set name = $4, hash = $5, size = $6, message_id = $7, made_at = now(), fetched_at = null,
  settled = false, removed_at = null
where m.id = $1 and m.fetched_at is not null and not exists (
  select from mailbox o where o.partner = $2 and o.folder = $3 and o.name = $4 and o.removed_at is null and o.id <> $1)
returning id;

-- name: known
-- Laid before, still there or not; with the name it got.
select name, fetched_at, removed_at from mailbox where id = $1;

-- name: list
select id, name, size, made_at, fetched_at, hash from mailbox
where partner = $1 and folder = $2 and removed_at is null order by name;

-- name: find
select id, name, size, made_at, fetched_at, hash from mailbox
where partner = $1 and folder = $2 and name = $3 and removed_at is null;

-- name: said_of
select name, hash, fetched_at is not null as fetched from mailbox
where partner = $1 and folder in ('ack', 'error') and message_id = $2 and removed_at is null;

-- name: fetched
update mailbox set fetched_at = coalesce(fetched_at, now()), settled = settled or folder <> 'out'
where id = $1 returning settled;

-- name: settled
update mailbox set settled = true where id = $1;

-- name: unsettled
-- Read by its partner a while ago, and its parcel is not told yet.
select id, partner from mailbox
where fetched_at < now() - interval '2 seconds' and not settled order by fetched_at limit $1;

-- name: remove
-- With its bytes, unless another file has the same.
with gone as (
  update mailbox set removed_at = now() where id = any ($1::uuid[]) and removed_at is null
  returning id, partner, hash
),
bytes as (
  delete from payloads p using gone g
  where p.owner = 'mailbox:' || g.partner and p.hash = g.hash
    and not exists (
      select 1 from mailbox m
      where m.partner = g.partner and m.hash = g.hash and m.removed_at is null
        and not m.id = any (select id from gone))
)
select count(*) from gone;

-- name: over
-- Files whose time is over: in /out only those that their partner has.
select id from mailbox
where removed_at is null and made_at < now() - make_interval(secs => $1) and (folder <> 'out' or settled) limit $2;

-- name: lying
-- How many there are, by folder, and how many were never read to their end.
select folder, count(*) as files, count(*) filter (where fetched_at is null) as unread from mailbox
where removed_at is null group by folder;
