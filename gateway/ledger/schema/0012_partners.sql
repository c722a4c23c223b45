-- What people decide about a partner beside its profile, in force within a second. Who decided what before stands in
-- the audit; here stands what holds now.
create table partner_suspensions (
  partner text primary key,
  at timestamptz not null default now(),
  actor text not null,
  reason text not null
);

-- Go-live: a partner whose profile says `testing` counts as active from here on.
create table partner_approvals (
  partner text primary key,
  at timestamptz not null default now(),
  actor text not null,                      -- who recorded it
  approved_by text not null,                -- whose approval it is
  revision text not null,                   -- of the profile that was approved
  reason text not null
);

-- Which ends of certificates have been warned of, so that each threshold warns once, whoever looks.
create table certificate_warnings (
  partner text not null,
  certificate text not null,                -- SHA-256 of the DER, in hex
  days integer not null,
  at timestamptz not null default now(),
  primary key (partner, certificate, days)
);
