-- What machines measured, in short, for histories over more than their journal can be read for. A
-- row of "periods" is what one event of a twin says: at least sixty readings over a minute, or what
-- there was in an hour, so at most 60 rows an hour and 1,440 a day for each machine. No period
-- reaches beyond its hour (UTC): "period_hours" and "period_days" are sums of whole rows, made when
-- the machine's next hour and day begin. Periods are pruned after a time that is a setting; hours
-- and days stay, 25 rows a day.
create table periods (
  machine_id text collate "C" not null,
  -- By machines' own time. The beginning: for hours and days the full hour and midnight.
  starts_at timestamptz not null,
  -- The first and the last reading time, not moved by late readings.
  from_at timestamptz not null,
  to_at timestamptz not null,
  -- The twin's revision of the event that says so, or the newest that has been summed up.
  revision bigint not null,
  -- The first and the last event with readings.
  first_revision bigint not null,
  last_revision bigint not null,
  readings bigint not null,
  -- The greatest anomaly score as a multiple of its threshold, and the least median of remaining
  -- life in the unit of the machine's type.
  worst_score double precision,
  least_rul double precision,
  -- Of each channel, by name: how many values, the least, the greatest and their mean. As text,
  -- because it is only ever read and written whole.
  channels json not null,
  primary key (machine_id, starts_at, revision)
);

create table period_hours (
  like periods,
  primary key (machine_id, starts_at)
);

create table period_days (
  like periods,
  primary key (machine_id, starts_at)
);
