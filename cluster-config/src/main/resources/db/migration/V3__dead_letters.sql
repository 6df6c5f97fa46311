-- What could not be read, with the reason, until somebody has looked at it or newer ones have pushed
-- it out (the number kept is a setting). Written before the source is acknowledged.
create table dead_letters (
  id bigint generated always as identity primary key,
  received_at timestamptz not null,
  source text not null,
  topic text not null,
  machine_id text,
  reason text not null,
  detail text not null,
  payload bytea not null,
  -- The payload was longer than what is kept of it, so it cannot be retried.
  truncated boolean not null default false,
  attempts integer not null default 0,
  retried_at timestamptz
);
