-- What calls with an Idempotency-Key were answered, for a time that is a setting: a call that is sent
-- again does nothing and gets the same answer, on whichever node. Each caller has keys of their own,
-- and not more than a setting says.
create table idempotency (
  caller text collate "C" not null,
  key text collate "C" not null,
  -- SHA-256 of what was asked.
  request bytea not null,
  begun_at timestamptz not null,
  -- Absent while the first call with the key has not been answered.
  status integer,
  content_type text,
  location text,
  body bytea,
  primary key (caller, key)
);

create index idempotency_oldest_idx on idempotency (begun_at);
