-- The numbers that a refused message's documents seem to have (translators/glimpse.py), so that "where is order 4711"
-- finds what was refused, too. They stand in messages.refusal. JSON that holds U+0000 cannot be jsonb, so it has none.
create function refused_numbers(refusal text) returns jsonb language sql immutable strict parallel safe as
  $$ select case when strpos(refusal, '\u0000') = 0 then refusal::jsonb -> 'numbers' end $$;
create index messages_by_refused_number on messages using gin (refused_numbers(refusal)) where verdict = 'refused';
create index messages_refused on messages (id) where verdict = 'refused';
