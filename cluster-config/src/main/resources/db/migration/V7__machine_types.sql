-- Machine types that were put while running. Each stands in the place of the one of its name in the configuration.
create table machine_types (
  name text collate "C" primary key,
  -- Grows with every change of the type.
  version bigint not null check (version > 0),
  document jsonb not null,
  changed_at timestamptz not null,
  changed_by text not null
);
