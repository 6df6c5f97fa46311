-- Alerts to be listed by where their machine stands and what it is; and the whole life of each, from which the figures of ISA-18.2 are counted.
alter table alerts
  add column machine_type text not null default '',
  add column site text,
  add column area text,
  add column line text,
  -- When the clock changes it: a shelved one comes back, an unacknowledged one is escalated.
  add column due_at timestamptz,
  add column escalation integer not null default 0,
  -- The newest verdict, and the revision that gave it.
  add column verdict text check (verdict in ('real', 'false', 'unknown')),
  add column verdict_revision bigint not null default 0;

update alerts set machine_type = m.machine_type, site = m.site, area = m.area, line = m.line
  from machines m where m.machine_id = alerts.machine_id;

-- A page has the open ones first, the newest of each first. Every filter that leaves few has an
-- index in this order.
drop index alerts_by_machine_idx;
drop index alerts_newest_idx;
drop index alerts_open_idx;
create index alerts_page_idx
  on alerts ((state <> 'normal') desc, raised_at desc, alert_id desc);
create index alerts_of_machine_idx
  on alerts (machine_id, (state <> 'normal') desc, raised_at desc, alert_id desc);
create index alerts_of_type_idx
  on alerts (machine_type, (state <> 'normal') desc, raised_at desc, alert_id desc);
create index alerts_of_site_idx
  on alerts (site, (state <> 'normal') desc, raised_at desc, alert_id desc)
  where site is not null;
create index alerts_of_rule_idx
  on alerts (rule, (state <> 'normal') desc, raised_at desc, alert_id desc);
create index alerts_of_severity_idx
  on alerts (severity, (state <> 'normal') desc, raised_at desc, alert_id desc);
-- Whatever their state, for an interval and for incidents.
create index alerts_raised_idx on alerts (raised_at);

-- Every change of an alert, and every verdict on it, which has no states. The journal has them too,
-- among all the readings of the machine.
create table alert_changes (
  alert_id text not null,
  -- The twin's revision that says so.
  revision bigint not null,
  recorded_at timestamptz not null,
  from_state text,
  to_state text,
  severity text,
  -- Whether it is an annunciation in the sense of ISA-18.2: an operator is called.
  raised boolean not null,
  -- Who or what brought it about: a source of readings, a person, or the program's own clock.
  cause text not null check (cause in ('source', 'principal', 'program')),
  by_whom text not null,
  reason text not null,
  -- What else is known of it, in the form of the API. As text, for it is only read whole.
  detail json not null,
  primary key (alert_id, revision)
);

create index alert_changes_raised_idx on alert_changes (recorded_at) where raised;

-- The projection that fills these reads the journal again from where it begins. What the tables of
-- machines and alerts show already is newer, and stays.
delete from pekko_projection_offset_store where projection_name = 'fleet';
