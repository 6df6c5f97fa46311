-- The journal and the snapshots of the twins, as pekko-persistence-jdbc 1.1.1 writes them, with
-- three differences from its own schema:
--
-- * tx: the transaction that wrote the row. Sequences are drawn in one order and committed in
--   another, so "ordering" alone cannot tell a reader what it may still have missed. Everything
--   below the oldest open transaction is complete; that is a question to tx.
-- * no event_tag: one tagged row makes the plugin insert its whole batch row by row.
-- * no unique index on "ordering": only tags and queries by tag need it, and each reading would
--   pay for it.
create table event_journal (
  ordering bigserial not null,
  tx xid8 not null default pg_current_xact_id(),
  persistence_id varchar(255) not null,
  sequence_number bigint not null,
  deleted boolean not null default false,
  writer varchar(255) not null,
  write_timestamp bigint,
  adapter_manifest varchar(255),
  event_ser_id integer not null,
  event_ser_manifest varchar(255) not null,
  event_payload bytea not null,
  meta_ser_id integer,
  meta_ser_manifest varchar(255),
  meta_payload bytea,
  -- Also the fence between two writers of one machine: the second one fails.
  primary key (persistence_id, sequence_number)
);

-- The coarse events in the order in which the read side takes them. Readings, which are nearly all
-- rows, are not in it and cost it nothing.
create index event_journal_coarse_idx on event_journal (tx, ordering)
  where event_ser_manifest <> 'readings';

-- Rows are only ever added, a few hundred bytes each: the default of a fifth of the table before a
-- vacuum would let a big journal go for days without one, and index-only scans with it.
alter table event_journal set (
  autovacuum_vacuum_insert_scale_factor = 0.02,
  autovacuum_analyze_scale_factor = 0.02
);

create table snapshot (
  persistence_id varchar(255) not null,
  sequence_number bigint not null,
  created bigint not null,
  snapshot_ser_id integer not null,
  snapshot_ser_manifest varchar(255) not null,
  snapshot_payload bytea not null,
  meta_ser_id integer,
  meta_ser_manifest varchar(255),
  meta_payload bytea,
  primary key (persistence_id, sequence_number)
);

-- The slice of an id, 0 to 255: the first byte of its SHA-256. PostgreSQL's own hash functions may
-- differ between versions and platforms; this one never does, and any language can compute it.
create function twin_slice(id text) returns integer
  language sql stable strict parallel safe
  return get_byte(sha256(convert_to(id, 'UTF8')), 0);
