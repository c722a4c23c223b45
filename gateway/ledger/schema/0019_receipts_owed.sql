-- An asynchronous receipt (MDN) that has gone, or was given up, ends what was owed: found by partner and Message-ID.
create index acknowledgements_owed_by_us on acknowledgements (partner, subject) where side = 'ours' and state = 'open';
