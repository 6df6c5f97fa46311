-- The fleet as lists and searches see it: one row a machine, filled by a projection from the coarse
-- events. Rows are updated often, so pages keep room for the new version beside the old one. An
-- update that changes neither score nor remaining life then touches no index.
create table machines (
  -- Compared byte by byte: a page's order does not depend on the server's locale.
  machine_id text collate "C" primary key,
  machine_type text not null,
  site text,
  area text,
  line text,
  attributes jsonb not null default '{}',
  status text not null
    check (status in ('normal', 'watch', 'alarm', 'stale', 'unknown')),
  health double precision,
  anomaly_score double precision,
  rul_p50 double precision,
  rul_unit text,
  open_alerts integer not null default 0,
  highest_severity text
    check (highest_severity in ('low', 'medium', 'high', 'critical')),
  -- The twin's revision that this row shows. An older one never replaces it.
  revision bigint not null,
  -- The newest reading time, and when the twin recorded its last coarse event.
  watermark timestamptz,
  last_recorded_at timestamptz,
  failure_mode text,
  model text,
  retired boolean not null default false
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);

-- The orders in which the fleet is paged, besides the primary key. An unknown value comes last in both, which the
-- expressions say once for the index and for the query.
create index machines_by_rul_idx
  on machines (coalesce(rul_p50, 'Infinity'::double precision), machine_id)
  where not retired;
create index machines_by_score_idx
  on machines (coalesce(anomaly_score, '-Infinity'::double precision) desc, machine_id desc)
  where not retired;

-- Alerts as they now are. Each change is in the journal.
create table alerts (
  alert_id text primary key,
  machine_id text not null,
  rule text not null,
  severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
  state text not null
    check (state in ('unacknowledged', 'acknowledged', 'returned_unacknowledged', 'shelved',
                     'suppressed', 'out_of_service', 'normal')),
  raised_at timestamptz not null,
  changed_at timestamptz not null,
  revision bigint not null,
  detail jsonb not null default '{}'
) with (fillfactor = 80);

create index alerts_by_machine_idx on alerts (machine_id, raised_at desc);
create index alerts_newest_idx on alerts (raised_at desc, alert_id desc);
-- Closed alerts pile up; what is open stays few.
create index alerts_open_idx on alerts (raised_at desc, alert_id desc) where state <> 'normal';

-- When a twin wants to be woken, whether it is in memory or not.
create table deadlines (
  machine_id text not null,
  kind text not null,
  due_at timestamptz not null,
  primary key (machine_id, kind)
) with (fillfactor = 70);

create index deadlines_due_idx on deadlines (due_at);
