-- The text of a message's events is erased when a rule of retention says so. Their leaves stay in the tree, so the audit
-- verifies; that it went by a rule is an event of its own, which names the message.
alter table messages add column events_erased_at timestamptz;
create index messages_telling on messages (id) where payload_erased_at is not null and events_erased_at is null;
