-- What a lane waits for, apart from the many held behind it: found without walking over them.
create index exceptions_stopping on exceptions (destination, shard, lane, tick, position)
  where blocks and state in ('parked', 'waiting', 'unknown');
-- What lies ready for a receiver, in the order in which it is handed out.
create index exceptions_offered on exceptions (destination, tick, position) where state = 'offered';
