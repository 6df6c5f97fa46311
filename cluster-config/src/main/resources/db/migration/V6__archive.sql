-- Events that are in files instead of the journal: which, and where. A row comes with the removal of
-- the same events from the journal in one transaction. Always the front of a machine's journal, so
-- its segments are consecutive and its journal goes on behind them.
create table archived_events (
  persistence_id varchar(255) not null,
  first_revision bigint not null,
  last_revision bigint not null,
  -- Relative to the folder that every node is configured with.
  file text not null,
  bytes bigint not null,
  sha256 text not null,
  recorded_from timestamptz not null,
  recorded_to timestamptz not null,
  primary key (persistence_id, last_revision)
);

create index archived_events_oldest_idx on archived_events (recorded_to);

-- Where the front of every journal goes day by day, room has to come back before a fifth is dead.
alter table event_journal set (autovacuum_vacuum_scale_factor = 0.05);
