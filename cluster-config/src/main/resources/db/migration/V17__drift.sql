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
