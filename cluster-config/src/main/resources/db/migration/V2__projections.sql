-- Where each projection of the read side has got to, as pekko-projection-jdbc 1.0.0 keeps it. Its
-- index on projection_name is left out: the primary key begins with that column.
create table pekko_projection_offset_store (
  projection_name varchar(255) not null,
  projection_key varchar(255) not null,
  current_offset varchar(255) not null,
  manifest varchar(4) not null,
  mergeable boolean not null,
  last_updated bigint not null,
  primary key (projection_name, projection_key)
) with (fillfactor = 50); -- A few rows, updated without end: room for updates inside the page.

create table pekko_projection_management (
  projection_name varchar(255) not null,
  projection_key varchar(255) not null,
  paused boolean not null,
  last_updated bigint not null,
  primary key (projection_name, projection_key)
);
