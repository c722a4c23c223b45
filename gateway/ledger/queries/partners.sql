-- name: suspend_partner
-- A second suspension does not move the first: the row says since when.
insert into partner_suspensions (partner, actor, reason) values ($1, $2, $3) on conflict (partner) do nothing
returning partner;

-- name: resume_partner
delete from partner_suspensions where partner = $1 returning partner;

-- name: approve_partner
insert into partner_approvals (partner, actor, approved_by, revision, reason) values ($1, $2, $3, $4, $5)
on conflict (partner) do update set at = now(), actor = excluded.actor, approved_by = excluded.approved_by,
  revision = excluded.revision, reason = excluded.reason
returning partner;

-- name: withdraw_approval
delete from partner_approvals where partner = $1 returning partner;

-- name: decisions
select partner, 'suspended' as decision, at, actor, null as approved_by, null as revision, reason
from partner_suspensions
union all
select partner, 'approved', at, actor, approved_by, revision, reason from partner_approvals
order by partner, decision;

-- name: warn_of_certificates
-- Those not warned of before.
insert into certificate_warnings (partner, certificate, days)
select * from unnest($1::text[], $2::text[], $3::integer[]) on conflict do nothing
returning partner, certificate, days;
