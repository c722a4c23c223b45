-- name: message
select id, received_at, sender_kind, sender, channel, document_type, content_hash, size, verdict, refusal,
       policy_revision, test, payload_erased_at, events_erased_at
from messages where id = $1;

-- name: documents
select number, document_type, business_number, business_key from documents where message_id = $1 order by number;

-- name: kept_documents
select c.number, c.document_type, c.business_number, c.body_hash, c.bundle, m.sender, m.payload_erased_at,
       e.body as statement
from documents c join messages m on m.id = c.message_id
join lateral (select body from events where message_id = m.id order by tick, id limit 1) e on true
where c.message_id = $1 order by c.number;

-- name: deliveries
-- The state of each delivery of a message: its end, its exception, or pending.
select d.number, d.document, d.destination, d.operation, d.external_id, d.lane,
       coalesce(e.outcome, x.state, 'pending') as state, e.reference, e.at as ended_at,
       x.due_at, x.attempts, x.cause, x.last_error, d.deadline, o.noticed_at as overdue_since
from deliveries d
left join attempts e on e.message_id = d.message_id and e.number = d.number and e.outcome in ('delivered', 'cancelled')
left join exceptions x on x.message_id = d.message_id and x.number = d.number
left join overdue o on o.message_id = d.message_id and o.number = d.number
where d.message_id = $1 order by d.number;

-- name: timeline
select body from events where message_id = $1 and body <> '' order by tick, id;

-- name: statement
-- The first event of a message is the leaf of its receipt; its place in the tree is null until it is sequenced.
select e.body, l.leaf from events e left join leaves l on l.event = e.id
where e.message_id = $1 order by e.tick, e.id limit 1;

-- name: messages
-- A sender's own messages, newest first, before the cursor $3; with the number $6, or refused with it.
select id, received_at, document_type, verdict, size from messages
where sender = $1 and sender_kind = $2 and ($3::uuid is null or id < $3)
  and ($4::text is null or document_type = $4) and ($5::text is null or verdict = $5)
  and ($6::text is null or id in (
    select d.message_id from documents d where d.business_number = $6
    union all select r.id from messages r where r.verdict = 'refused' and refused_numbers(r.refusal) ? $6))
order by id desc limit $7;

-- name: content
-- Where the bytes of a message lie: with its documents, or by themselves.
select m.sender, m.content_hash as hash, (select d.bundle from documents d where d.message_id = m.id limit 1) as bundle
from messages m where m.id = $1;

-- name: bodies
select p.owner, p.hash, p.data_key, p.nonce, p.encoding, p.size, p.sealed, k.owner as key_owner, k.kek_id, k.wrapped
from unnest($1::text[], $2::bytea[]) as asked (owner, hash)
join payloads p using (owner, hash) join data_keys k on k.id = p.data_key;
