-- The payload that holds a document's body together with what it was made of (bundles.py); null: the body is a payload
-- of its own, under body_hash.
alter table documents add column bundle bytea;

-- new_document with its bundle. The old type stays: a gateway of the version before may still be running beside this
-- one.
create type bundled_document as (
  message_id uuid, number smallint, document_type text, business_number text, business_key text, body_hash bytea,
  bundle bytea
);
