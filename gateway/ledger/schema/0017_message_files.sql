-- What a message of several parts brought with it: 0 is the document itself, under the name its sender gave the file;
-- 1, 2, … is what accompanies it, kept in pieces (payload_pieces). A document that came alone has no rows.
create table message_files (
  message_id uuid not null,
  number smallint not null,
  file_name text,
  media_type text not null,
  size integer not null,
  owner text not null,
  hash bytea not null,
  primary key (message_id, number)
);
create index message_files_content on message_files (owner, hash);
