-- When the bytes of a message were erased; its hashes, its documents' heads and its events stay. Null: they are here.
alter table messages add column payload_erased_at timestamptz;
create index messages_kept on messages (id) where payload_erased_at is null;

-- Whether another message came with the same bytes: only then must be looked for others before they are erased. Of what
-- is here already nobody knows, so it counts as shared.
alter table payloads add column shared boolean not null default true;
alter table payloads alter column shared set default false;
