-- name: announce
-- No row: this request had come before.
insert into certificate_exchanges (id, partner, announced_by, request_id, respond_by, certificates, state, decided_at)
values ($1, $2, $3, $4, $5, $6, $7, case when $7 = 'pending' then null else now() end)
on conflict (partner, announced_by, request_id) do nothing
returning id;

-- name: announced
select id, partner, announced_by, request_id, at, respond_by, certificates, state, decided_at
from certificate_exchanges where partner = $1 and announced_by = $2 and request_id = $3;

-- name: exchange
select id, partner, announced_by, request_id, at, respond_by, certificates, state, decided_at
from certificate_exchanges where id = $1 for update;

-- name: exchanges
-- The newest first; of all partners or of one, what waits or all.
select id, partner, announced_by, request_id, at, respond_by, certificates, state, decided_at
from certificate_exchanges
where ($1::text is null or partner = $1) and (not $2::boolean or state = 'pending')
order by at desc, id limit 200;

-- name: decide
-- The first decision stands.
update certificate_exchanges set state = $2, certificates = $3, decided_at = now()
where id = $1 and state = 'pending' returning id;

-- name: write_letter
insert into certificate_letters (id, exchange, partner, media_type, content) values ($1, $2, $3, $4, $5);

-- name: take_letters
-- Letters that are due, hidden from other workers for a while.
with due as (
  select id from certificate_letters where due_at <= now() order by due_at limit 20 for update skip locked
)
update certificate_letters l set due_at = now() + make_interval(secs => $1), attempts = attempts + 1
from due where l.id = due.id
returning l.id, l.exchange, l.partner, l.media_type, l.content, l.attempts, l.state;

-- name: letter
update certificate_letters
set state = $2, error = $3, due_at = case when $4::float8 is null then null else now() + make_interval(secs => $4) end
where id = $1;

-- name: letters_of
select state, error, attempts from certificate_letters where exchange = $1 order by id desc limit 1;

-- name: remind
-- What was to be answered by now and is not; told once.
update certificate_exchanges set reminded_at = now()
where state = 'pending' and respond_by < now() and reminded_at is null
returning id, partner, announced_by, request_id, respond_by;
