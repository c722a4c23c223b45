-- A message over AS2 with its answer, recorded with its acceptance: `message` is ours, `message_id` the partner's.
create type answered_exchange as (
  message uuid, partner text, ours text, message_id text, raw_digest bytea, content_digest bytea, signer bytea,
  file_name text, disposition text, mic text, receipt bytea, url text, leaf bytea
);
