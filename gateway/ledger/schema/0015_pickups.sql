-- Partners' own SFTP servers that we fetch files from: whose turn it is, and how it stands with each.
create table pickup_servers (
  partner text primary key,
  place text not null,                      -- user, host, port and folder; another place begins anew
  owner text,                               -- the worker that looks there now
  epoch bigint not null default 0,          -- grows with every change of owner: the fence
  leased_until timestamptz,
  next_look timestamptz not null,
  looked_at timestamptz,                    -- the last look that was let in
  waiting integer not null default 0,       -- files that lay there then and were not taken
  failing_since timestamptz,                -- null after a look that went well
  failures integer not null default 0,      -- since then
  last_error text,
  alerted_at timestamptz                    -- when it was told that it fails for long
);

-- Files that were seen there. One that was taken is remembered while it lies there and some time longer, so that
-- nothing is fetched twice; its name alone is no proof, so size, time and hash are kept.
create table pickup_files (
  id uuid not null unique,                  -- what the audit calls it: names are the partner's
  partner text not null,
  place text not null,
  name text not null,
  size bigint not null,
  modified bigint not null,                 -- by their clock, in seconds since 1970
  since timestamptz not null,               -- when it was first seen with this size and time
  seen_at timestamptz not null,
  -- seen; fetched: on its way into the ledger, perhaps there; taken: on record, and what the profile wants done with it
  -- there is still owed; done
  state text not null default 'seen' check (state in ('seen', 'fetched', 'taken', 'done')),
  fetched_at timestamptz,
  hash bytea,                               -- SHA-256 of what was fetched
  message_id uuid,
  verdict text check (verdict in ('accepted', 'refused')),
  after text check (after in ('deleted', 'moved', 'kept', 'gone')),
  failures integer not null default 0,
  failing_since timestamptz,
  last_error text,
  not_before timestamptz,
  alerted_at timestamptz,
  primary key (partner, place, name)
);
create index pickup_files_by_age on pickup_files (seen_at);
