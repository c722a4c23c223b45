-- name: used_numbers
-- How many were used so far; nothing is locked, so that what follows from it can be written first and checked after.
select used from control_numbers where ours = $1 and theirs = $2 and level = $3 and series = $4;

-- name: take_numbers
-- The next $5 of a series; comes back with how many were used before. The row stays locked until the commit.
insert into control_numbers (ours, theirs, level, series, used) values ($1, $2, $3, $4, $5)
on conflict (ours, theirs, level, series) do update set used = control_numbers.used + excluded.used
returning used - $5;

-- name: used_lately
-- The parcel that has this control number and was made after $4: one like it would be taken for a duplicate.
select id from parcels where ours = $1 and theirs = $2 and control_number = $3 and made_at > $4 limit 1;

-- name: claim_members
-- Deliveries become members; what is in a parcel already is left out, so fewer rows come back than were asked for.
insert into parcel_members (message_id, number, parcel, place)
select m.message_id, m.number, $1, m.place
from unnest($2::uuid[], $3::smallint[]) with ordinality as m (message_id, number, place)
order by m.message_id, m.number
on conflict (message_id, number) do nothing
returning 1;

-- name: leave_gathering
-- Those of a batch that are still wanted: one that was given up meanwhile is missing in what comes back.
with wanted as (
  select message_id, number from exceptions
  where (message_id, number) in (select * from unnest($1::uuid[], $2::smallint[])) and state = 'offered'
  order by message_id, number for update
)
delete from gathered g using wanted w where g.message_id = w.message_id and g.number = w.number returning 1;

-- name: keep_payload
insert into payloads (owner, hash, data_key, nonce, encoding, size, sealed) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (owner, hash) do nothing;

-- name: keep_parcel
insert into parcels (id, partner, agreement, carrier, document_types, ours, theirs, control_number, content_hash,
                     media_type, file_name, test, traceparent, made_at, due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, case when $15 then now() end);

-- name: parcel_of
select p.*, (select array_agg(m.message_id || '.' || m.number order by m.place) from parcel_members m
             where m.parcel = p.id) as members
from parcels p where p.id = (select parcel from parcel_members where message_id = $1 and number = $2);

-- name: parcel
select p.*, (select array_agg(m.message_id || '.' || m.number order by m.place) from parcel_members m
             where m.parcel = p.id) as members
from parcels p where p.id = $1;

-- name: parcels
-- Newest first; null selects all.
select p.*, (select array_agg(m.message_id || '.' || m.number order by m.place) from parcel_members m
             where m.parcel = p.id) as members
from parcels p
where ($1::text is null or p.partner = $1) and ($2::text is null or p.state = $2)
  and ($3::text is null or p.control_number = $3)
order by p.position desc limit $4;

-- name: tell
-- What became of an attempt. A later word of the partner may be here before it: that one stands.
update parcels set state = case when state = 'kept' or (state = 'offered' and $2 <> 'kept') then $2 else state end,
  again = again and $2 in ('kept', 'offered'), changed_at = now(), reference = coalesce($3, reference), last_error = $4,
  attempts = attempts + case when $7 then 1 else 0 end,
  maybe_carried = $6,
  due_at = case when $2 = 'kept' then coalesce(now() + make_interval(secs => $5), due_at) end,
  hidden_until = case when $2 = 'offered' then null else hidden_until end
where id = $1 returning state, reference;

-- name: lock_parcel
select id, partner, state, attempts from parcels where id = $1 for update;

-- name: end_parcel
update parcels set state = $2, reference = $3, again = false, changed_at = now(), due_at = null where id = $1;

-- name: offered_members
-- Members that wait for the partner's word.
select x.message_id, x.number, x.destination, x.attempts from parcel_members m
join exceptions x on x.message_id = m.message_id and x.number = m.number
where m.parcel = $1 and x.state = 'offered' order by m.place for update of x;

-- name: fetch_outbox
-- What lies ready for a partner, in the order in which it was made; hidden from a second fetch until its lease ends.
with next as (
  select id from parcels
  where partner = $1 and carrier = 'outbox' and state = 'offered' and (hidden_until is null or hidden_until <= now())
  order by position limit $2 for update skip locked
)
update parcels p set hidden_until = now() + make_interval(secs => $3), fetched = p.fetched + 1
from next where p.id = next.id
returning p.*, (select array_agg(m.message_id || '.' || m.number order by m.place) from parcel_members m
                where m.parcel = p.id) as members;

-- name: take_due
-- Parcels that are carried by themselves, the oldest of each agreement first, so that they arrive in order. They are
-- `maybe_carried` from here on: should this worker die, the next one looks before it carries.
with next as (
  select p.id, p.maybe_carried from parcels p
  where p.due_at <= now() and p.id <> all ($3::uuid[])
    and not exists (
      select 1 from parcels earlier
      where earlier.partner = p.partner and earlier.agreement = p.agreement and earlier.due_at is not null
        and earlier.position < p.position)
  order by p.position limit $1 for update of p skip locked
)
update parcels p set due_at = now() + make_interval(secs => $2), maybe_carried = true
from next where p.id = next.id
returning p.*, next.maybe_carried as was_maybe_carried,
          (select array_agg(m.message_id || '.' || m.number order by m.place) from parcel_members m
           where m.parcel = p.id) as members;

-- name: carry_again
-- An operator wants it sent again, whatever the partner said; its attempts are counted anew.
update parcels set state = 'kept', again = true, attempts = 0, due_at = now(), maybe_carried = false, last_error = null, changed_at = now()
where id = $1;

-- name: reopen
-- Parcels of deliveries that are replayed: what was refused, or given up after many attempts, may go again; a batch by
-- itself. One that is due already stays so.
update parcels p set state = 'kept', changed_at = now(), attempts = 0,
  due_at = case when (select count(*) from parcel_members m where m.parcel = p.id) > 1 then now() else due_at end
where p.state in ('refused', 'kept') and p.id in (
  select parcel from parcel_members
  where (message_id, number) in (select * from unnest($1::uuid[], $2::smallint[])))
returning p.id;

-- name: parked_members
-- What was parked together with a delivery that is replayed goes with it.
update exceptions x set state = 'unknown', attempts = 0, due_at = now()
from parcel_members m
where m.parcel = any ($1::uuid[]) and x.message_id = m.message_id and x.number = m.number and x.state = 'parked'
returning x.message_id, x.number, x.destination;

-- name: withdraw
-- A delivery was given up: its parcel is, too, once nothing in it is wanted any more.
update parcels p set state = 'cancelled', changed_at = now(), due_at = null
where p.state in ('kept', 'offered', 'refused')
  and p.id = (select parcel from parcel_members where message_id = $1 and number = $2)
  and not exists (
    select 1 from parcel_members m
    where m.parcel = p.id and not exists (
      select 1 from attempts a
      where a.message_id = m.message_id and a.number = m.number and a.outcome = 'cancelled'));

-- name: stop_gathering
delete from gathered where message_id = $1 and number = $2;

-- name: gather
insert into gathered (message_id, number, partner, agreement, test, size) values ($1, $2, $3, $4, $5, $6)
on conflict (message_id, number) do nothing;

-- name: gatherings
-- Each agreement with what waits for it and has been settled as lying ready; `deadline` is the first of them.
select g.partner, g.agreement, g.test, count(*)::integer as documents, sum(g.size)::bigint as bytes,
       extract(epoch from now() - min(g.since))::float8 as waited,
       extract(epoch from min(d.deadline) - now())::float8 as time_left
from gathered g
join exceptions x on x.message_id = g.message_id and x.number = g.number and x.state = 'offered'
join deliveries d on d.message_id = g.message_id and d.number = g.number
group by g.partner, g.agreement, g.test;

-- name: gathered_documents
-- In the order in which they came, no more than $4 and no more than $5 bytes, but one at least.
select * from (
  select g.message_id, g.number, g.size, x.destination, m.sender, m.traceparent, c.document_type, c.body_hash, c.bundle,
         sum(g.size) over (order by x.tick, x.position) - g.size as before
  from gathered g
  join exceptions x on x.message_id = g.message_id and x.number = g.number and x.state = 'offered'
  join deliveries d on d.message_id = g.message_id and d.number = g.number
  join messages m on m.id = g.message_id
  join documents c on c.message_id = g.message_id and c.number = d.document
  where g.partner = $1 and g.agreement = $2 and g.test = $3
  order by x.tick, x.position limit $4
) waiting where before = 0 or before + size <= $5;

-- name: unsettled_parcels
-- Parcels whose partner had the last word before their members were settled as lying ready.
select distinct p.id, p.state, p.reference, p.last_error from parcels p
join parcel_members m on m.parcel = p.id
join exceptions x on x.message_id = m.message_id and x.number = m.number
where p.state in ('delivered', 'refused') and x.state = 'offered' and p.changed_at > now() - interval '1 day'
limit 100;

-- name: ended_elsewhere
-- Parcels that lie ready though each of their members has ended.
update parcels p set changed_at = now(), due_at = null, state = case when exists (
    select 1 from parcel_members m join attempts a on a.message_id = m.message_id and a.number = m.number
    where m.parcel = p.id and a.outcome = 'delivered') then 'delivered' else 'cancelled' end
where p.state in ('kept', 'offered') and not p.again and not exists (
  select 1 from parcel_members m where m.parcel = p.id and not exists (
    select 1 from attempts a where a.message_id = m.message_id and a.number = m.number
      and a.outcome in ('delivered', 'cancelled')));

-- name: parcel_depths
select partner, state, count(*)::integer as parcels from parcels where state in ('kept', 'offered', 'refused')
group by partner, state;

-- name: erase_parcels
-- The bytes of parcels all of whose messages' bytes are gone. Those that another parcel has too go with the last.
with gone as (
  update parcels p set content_erased_at = now()
  where p.content_erased_at is null and p.id in (select parcel from parcel_members where message_id = any ($1::uuid[]))
    and not exists (
      select 1 from parcel_members m join messages s on s.id = m.message_id
      where m.parcel = p.id and s.payload_erased_at is null)
  returning p.id, p.partner, p.content_hash
)
delete from payloads y using gone g
where y.owner = 'to:' || g.partner and y.hash = g.content_hash
  and not exists (
    select 1 from parcels o where o.partner = g.partner and o.content_hash = g.content_hash
      and o.content_erased_at is null and not o.id in (select id from gone));
