-- How it stands with the addresses that webhooks are sent to. A new address of a partner begins anew.
create table webhooks (
  partner text not null,
  url text not null,
  succeeded_at timestamptz,                 -- to the minute
  failing_since timestamptz,                -- nothing has got through since; null after a success
  failed_at timestamptz,
  failures integer not null default 0,      -- since then
  last_error text,
  not_before timestamptz,                   -- it asked to be left alone until then
  disabled_at timestamptz,                  -- what is for it lies ready until an operator enables it
  disabled_by text,
  reason text,
  primary key (partner, url)
);
create index parcels_for_webhooks on parcels (partner, agreement, position)
  where carrier = 'webhook' and state in ('kept', 'offered');
