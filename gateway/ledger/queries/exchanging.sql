-- name: received
select * from as2_received where partner = $1 and ours = $2 and message_id = $3;

-- name: received_of
-- The same of several.
select r.* from as2_received r
join unnest($1::text[], $2::text[], $3::text[]) as asked (partner, ours, message_id) using (partner, ours, message_id);

-- name: claim
-- The Message-ID is used up now. What had been written for it before stands and is read. No row: another wrote it
-- while this waited for him, and only the next statement sees it.
with claimed as (
  insert into as2_received (partner, ours, message_id, raw_digest, content_digest, signer, file_name)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (partner, ours, message_id) do nothing
  returning *
)
select * from claimed
union all
select * from as2_received
where partner = $1 and ours = $2 and message_id = $3 and not exists (select from claimed);

-- name: answer
-- The first answer stands, whoever computes a second one at the same time: then there is no row. An asynchronous
-- receipt is owed with it.
with answered as (
  update as2_received set answered_at = now(), message = $4, code = $5, disposition = $6, mic = $7, receipt = $8
  where partner = $1 and ours = $2 and message_id = $3 and answered_at is null
  returning *
),
owed as (
  insert into as2_replies (partner, ours, message_id, url, receipt)
  select partner, ours, message_id, $9, $8 from answered where $9::text is not null
),
listed as (
  insert into acknowledgements (side, partner, agreement, kind, subject, message_id, says, within, since)
  select 'ours', partner, '', 'mdn', left(message_id, 60), message,
         case when disposition like '%error%' or disposition like '%fail%' then 'rejected' else 'accepted' end, 3600, now()
  from answered where $9::text is not null
),
told as (
  insert into events (tick, message_id, body) select ledger_tick(), message, $10 from answered
)
select * from answered;

-- name: owe
-- A receipt that goes to the partner's own address, unless the very same is on its way already; owed within an hour, as
-- where nothing else is agreed.
with reply as (
  insert into as2_replies (partner, ours, message_id, url, receipt)
  select $1::text, $2::text, $3::text, $4::text, $5::bytea
  where not exists (
    select from as2_replies where partner = $1 and ours = $2 and message_id = $3 and due_at is not null
  )
  returning partner, ours, message_id
)
insert into acknowledgements (side, partner, agreement, kind, subject, message_id, says, within, since)
select 'ours', r.partner, '', 'mdn', left(r.message_id, 60), x.message,
       case when x.disposition like '%error%' or x.disposition like '%fail%' then 'rejected' else 'accepted' end, 3600, now()
from reply r left join as2_received x using (partner, ours, message_id)
where not exists (
  select from acknowledgements a where a.side = 'ours' and a.state = 'open' and a.kind = 'mdn'
    and a.partner = r.partner and a.subject = left(r.message_id, 60)
);

-- name: take_replies
-- Asynchronous receipts that are due, hidden from other workers for a while.
with due as (
  select id from as2_replies where due_at <= now() and partner <> all ($3::text[])
  order by due_at limit $1 for update skip locked
)
update as2_replies r set due_at = now() + make_interval(secs => $2), attempts = attempts + 1
from due where r.id = due.id
returning r.id, r.partner, r.ours, r.message_id, r.receipt, r.url, r.attempts, r.owed_at;

-- name: replied
with reply as (
  update as2_replies set due_at = null, sent_at = now(), error = null where id = $1 returning partner, message_id
)
update acknowledgements a set state = coalesce(a.says, 'accepted'), ended_at = now()
from reply r where a.side = 'ours' and a.state = 'open' and a.kind = 'mdn' and a.partner = r.partner
  and a.subject = left(r.message_id, 60);

-- name: reply_failed
-- `$2` seconds until the next try; null: given up.
with reply as (
  update as2_replies set due_at = now() + make_interval(secs => $2), error = $3 where id = $1
  returning partner, message_id, due_at
)
update acknowledgements a set state = 'given_up', ended_at = now()
from reply r where r.due_at is null and a.side = 'ours' and a.state = 'open' and a.kind = 'mdn'
  and a.partner = r.partner and a.subject = left(r.message_id, 60);

-- name: intend
-- Before each attempt; the time to wait for a receipt begins anew. A receipt may name the digest of any of them: a
-- partner that was slow answers an earlier one. What had its receipt is sent again only because an operator wants it.
insert into as2_sent (partner, ours, message_id, parcel, mics, receipt_signed, attempts)
values ($1, $2, $3, $4, $5, $6, 1)
on conflict (partner, ours, message_id) do update
set mics = (as2_sent.mics::jsonb || excluded.mics::jsonb)::text, receipt_signed = excluded.receipt_signed,
    attempts = as2_sent.attempts + 1, sent_at = case when as2_sent.state = 'sent' then now() else as2_sent.sent_at end,
    state = case when as2_sent.state = 'sent' then 'sent' else 'intended' end;

-- name: sent
select * from as2_sent where partner = $1 and ours = $2 and message_id = $3;

-- name: sent_of_parcel
select * from as2_sent where parcel = $1;

-- name: gone_out
update as2_sent set sent_at = now(), state = case when state = 'intended' then 'sent' else state end
where partner = $1 and ours = $2 and message_id = $3;

-- name: hear
-- The partner's first valid word stands; a positive one also after a negative one, because it was sent again meanwhile.
with heard as (
  update as2_sent set heard_at = now(), state = $4, disposition = $5, receipt = $6
  where partner = $1 and ours = $2 and message_id = $3
    and (state in ('intended', 'sent', 'overdue') or (state = 'refused' and $4 = 'receipted'))
  returning parcel
)
insert into events (tick, message_id, body) select ledger_tick(), null, $7 from heard returning id;

-- name: give_up_waiting
with told as (
  update as2_sent set state = 'overdue' where partner = $1 and ours = $2 and message_id = $3 and state = 'sent'
  returning parcel
)
insert into events (tick, message_id, body) select ledger_tick(), null, $4 from told returning id;

-- name: overdue
-- What went out, was taken by the partner's server, and has no receipt after the time that its agreement gives.
select s.* from as2_sent s join unnest($1::text[], $2::float8[]) as agreed (partner, seconds) using (partner)
where s.state = 'sent' and s.sent_at < now() - make_interval(secs => agreed.seconds)
order by s.sent_at limit 100;
