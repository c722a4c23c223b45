-- Which rules each gateway runs, by its own word every few seconds: one row for each process.
create table gateways (
  id text primary key,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  revision text not null,
  number bigint,                            -- of a signed set
  problems integer not null,                -- mistakes in its files that keep a newer set out
  candidate text                            -- revision of the set that runs beside it and decides nothing
);

-- What a candidate would have decided otherwise than the rules in force: sums, with one message to look at.
create table shadow_runs (
  candidate text not null,
  live text not null,
  judged bigint not null default 0,
  skipped bigint not null default 0,        -- not compared, because more came in than could be
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  primary key (candidate, live)
);
create table shadow_differences (
  candidate text not null,
  live text not null,
  sender text not null,
  change text not null,
  rule text not null,                       -- the candidate's rule that makes the difference
  messages bigint not null,
  example uuid,                             -- null: refused before its body was read
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  primary key (candidate, live, sender, change, rule)
);
