-- name: standing
-- How it stands with an address, and whether a parcel before $3 in its agreement lies ready or is carried by itself.
select w.succeeded_at, w.failing_since, w.failures, w.not_before, w.disabled_at,
  exists (
    select 1 from parcels p join parcels earlier
      on earlier.partner = p.partner and earlier.agreement = p.agreement and earlier.position < p.position
    where p.id = $3 and earlier.carrier = 'webhook' and earlier.state in ('kept', 'offered')
      and (earlier.state = 'offered' or earlier.due_at is not null)) as others_wait
from (select 1) as one left join webhooks w on w.partner = $1 and w.url = $2;

-- name: succeeded
insert into webhooks (partner, url, succeeded_at) values ($1, $2, $3)
on conflict (partner, url) do update set succeeded_at = excluded.succeeded_at, failing_since = null, failures = 0,
  not_before = null;

-- name: failed
-- A call that did not get through. Where none was made for $6, it is not known that nothing would have: counting begins
-- anew.
insert into webhooks as w (partner, url, failing_since, failed_at, failures, last_error, not_before)
values ($1, $2, $3, $3, 1, $4, $5)
on conflict (partner, url) do update set
  failing_since = case when w.failed_at > excluded.failed_at - $6::interval
                       then coalesce(w.failing_since, excluded.failing_since) else excluded.failing_since end,
  failures = case when w.failed_at > excluded.failed_at - $6::interval then w.failures else 0 end + 1,
  failed_at = excluded.failed_at, last_error = excluded.last_error,
  not_before = coalesce(excluded.not_before, w.not_before)
returning failing_since;

-- name: disable
-- Nothing comes back where it was disabled before.
insert into webhooks as w (partner, url, disabled_at, disabled_by, reason) values ($1, $2, $3, $4, $5)
on conflict (partner, url) do update
  set disabled_at = excluded.disabled_at, disabled_by = excluded.disabled_by, reason = excluded.reason
  where w.disabled_at is null
returning 1;

-- name: enable
-- Its failures are forgotten, or the next one would disable it again.
update webhooks set disabled_at = null, disabled_by = null, reason = null, failing_since = null, failures = 0,
  not_before = null
where partner = $1 and url = $2 and disabled_at is not null returning 1;

-- name: wake
-- What lies ready for addresses that are in use is carried, in its order.
update parcels p set state = 'kept', due_at = now(), changed_at = now()
from unnest($1::text[], $2::text[]) as e (partner, url)
where p.partner = e.partner and p.carrier = 'webhook' and p.state = 'offered'
  and not exists (
    select 1 from webhooks w where w.partner = e.partner and w.url = e.url and w.disabled_at is not null);

-- name: endpoints
select partner, url, succeeded_at, failing_since, failures, last_error, not_before, disabled_at, disabled_by, reason
from webhooks;

-- name: waiting
select partner, count(*)::integer as parcels from parcels
where carrier = 'webhook' and state in ('kept', 'offered') group by partner;

-- name: parcels_to_replay
-- In the order in which they were made. `delivered` ones only if asked for.
select id from parcels
where partner = $1 and carrier = 'webhook' and (state in ('kept', 'refused') or ($2 and state = 'delivered'))
  and changed_at >= $3 and changed_at < $4
order by position limit $5;
