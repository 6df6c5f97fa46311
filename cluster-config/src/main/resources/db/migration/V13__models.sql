-- Which bundle decides, where somebody has said so; elsewhere the highest version of the folder does.
create table model_choices (
  machine_type text collate "C" not null,
  -- Empty: for all machines of the type that have no choice of their own.
  machine_id text collate "C" not null,
  champion text,
  shadow text,
  -- The champion before, for a rollback.
  previous text,
  -- Until then a champion that does worse than the one before is taken back.
  probation_until timestamptz,
  -- Grows with every change.
  version bigint not null check (version > 0),
  changed_at timestamptz not null,
  changed_by text not null,
  reason text not null,
  primary key (machine_type, machine_id)
);

-- Every change of a choice, for ever: who, when, why.
create table model_changes (
  machine_type text collate "C" not null,
  machine_id text collate "C" not null,
  version bigint not null,
  champion text,
  shadow text,
  changed_at timestamptz not null,
  changed_by text not null,
  reason text not null,
  primary key (machine_type, machine_id, version)
);
create index model_changes_newest_idx on model_changes (machine_type, changed_at desc);
