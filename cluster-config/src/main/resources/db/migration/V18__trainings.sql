-- Trainings of models from what twins have lived through: one at a time in the cluster, and how each ended.
create table trainings (
  id text collate "C" primary key,
  machine_type text collate "C" not null,
  learned_from timestamptz not null,
  learned_to timestamptz not null,
  -- The time that the schedule meant; null where somebody asked for it.
  scheduled_for timestamptz,
  requested_by text not null,
  started_at timestamptz not null,
  -- While it runs its node moves this on; one whose node has gone counts as failed after it.
  alive_until timestamptz not null,
  ended_at timestamptz,
  -- trained, skipped, failed or cancelled; null while it runs.
  outcome text,
  detail text not null default '',
  report jsonb
);
create unique index trainings_running_idx on trainings ((true)) where ended_at is null;
create unique index trainings_scheduled_idx on trainings (machine_type, scheduled_for);
create index trainings_newest_idx on trainings (machine_type, started_at desc);
