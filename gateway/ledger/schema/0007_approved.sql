-- A person has approved what rules of ownership take for a proposal (cause `ownership.proposed`).
alter table exceptions add column approved boolean not null default false;
