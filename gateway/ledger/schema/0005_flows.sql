-- The flow class (policies/rules/flows.yaml) that a delivery's route named; null where it named none.
alter table deliveries add column flow text;
alter type dated_delivery add attribute flow text;
