-- How often what a bundle is given and answers, and what channels send, was where. All nodes add to
-- the same rows; what is older than the window is removed.
create table model_counts (
  machine_type text collate "C" not null,
  version text collate "C" not null,
  -- input, answer, channel or interval.
  kind text not null,
  name text collate "C" not null,
  -- Beginning of a stretch of time, of which the window has so many.
  slot timestamptz not null,
  counts bigint[] not null,
  primary key (machine_type, version, kind, name, slot)
);
create index model_counts_slot_idx on model_counts (slot);

-- What a bundle answered in the first window in which it decided: what later answers are compared to.
create table model_references (
  machine_type text collate "C" not null,
  version text collate "C" not null,
  kind text not null,
  name text collate "C" not null,
  -- Until then it is still being counted.
  until timestamptz not null,
  counts bigint[] not null,
  primary key (machine_type, version, kind, name)
);

-- What is thought of each, so that it is told once.
create table model_verdicts (
  machine_type text collate "C" not null,
  version text collate "C" not null,
  kind text not null,
  name text collate "C" not null,
  verdict text not null,
  since timestamptz not null,
  revision bigint not null,
  primary key (machine_type, version, kind, name)
);

-- Which bundle decided when it was raised, as TYPE:VERSION; null in what is from before.
alter table alerts add column model text;

-- Failures that maintenance has repaired, as far as people have said so.
create table failures (
  machine_id text collate "C" not null,
  -- The twin's revision of the maintenance.
  revision bigint not null,
  machine_type text not null,
  -- Which bundle decided until then, as TYPE:VERSION.
  model text,
  -- The newest reading before.
  at timestamptz not null,
  failure_mode text not null,
  -- The median of remaining life that the bundle still gave it, in the unit of the machine's type.
  rul_p50 double precision,
  primary key (machine_id, revision)
);
create index failures_of_type_idx on failures (machine_type, at);
