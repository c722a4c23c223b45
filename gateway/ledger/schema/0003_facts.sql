-- What the rules looked at when they judged a message (policies/recordedfacts.py), so that other rules can judge it
-- again; null for what was recorded before.
alter table messages add column facts bytea;

-- new_message with the facts. The old type stays: a gateway of the version before may still be running beside this one.
create type judged_message as (
  id uuid, received_at timestamptz, sender_kind text, sender text, channel text, document_type text,
  content_hash bytea, size integer, policy_revision text, traceparent text, test boolean,
  key text, refusal text, statement bytea, facts bytea
);

-- Sums of refused requests and changes of the rules: few, and read by time without walking over all events.
create index events_of_no_message on events (tick, id) where message_id is null;
