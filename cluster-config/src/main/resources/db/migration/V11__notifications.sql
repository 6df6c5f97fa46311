-- What channels are to tell people of alerts, and the same changes for those who read tables.

-- One change of one alert for one channel. It is written in the transaction of the projection, and
-- becomes a part of a delivery later, so that projections do not wait for each other.
create table notices (
  channel text not null,
  alert_id text not null,
  -- The twin's revision that says so.
  revision bigint not null,
  recorded_at timestamptz not null,
  -- What is told together: a line, or a machine of which no line is known.
  place text not null,
  machine_id text not null,
  site text,
  area text,
  line text,
  severity text not null,
  -- The change in the form of the API. As text, for it is only read whole.
  alert json not null,
  -- The delivery that it is a part of; null: none yet.
  delivery uuid,
  primary key (channel, alert_id, revision)
);

create index notices_new_idx on notices (channel, recorded_at) where delivery is null;
create index notices_of_delivery_idx on notices (delivery) where delivery is not null;
create index notices_of_alert_idx on notices (alert_id);
create index notices_oldest_idx on notices (recorded_at);

-- One message of a channel, with what came of it.
create table deliveries (
  -- Goes along with each attempt, so that who gets it twice can tell.
  id uuid primary key,
  channel text not null,
  place text not null,
  site text,
  area text,
  line text,
  -- The first alert of those that came close upon one another there.
  incident text not null,
  -- The most serious that it tells of.
  severity text not null,
  -- The most serious that was told of the incident before; null: nothing was.
  told text,
  alerts integer not null,
  newest_at timestamptz not null,
  state text not null check (state in ('waiting', 'sending', 'delivered', 'failed')),
  created_at timestamptz not null,
  -- When it was to be sent first.
  planned_at timestamptz not null,
  -- When it is sent next, or when who sends it is taken to be dead.
  due_at timestamptz not null,
  attempts integer not null default 0,
  changed_at timestamptz not null,
  last_error text
);

create index deliveries_due_idx on deliveries (channel, due_at) where state in ('waiting', 'sending');
create index deliveries_of_place_idx on deliveries (channel, place, created_at desc);
create index deliveries_of_incident_idx on deliveries (incident, channel);
create index deliveries_newest_idx on deliveries (created_at desc, id desc);

-- Every change of an alert in the form that Debezium's outbox event router expects by its defaults.
-- Empty unless twin.outbox.enabled.
create table outbox (
  id uuid primary key,
  aggregatetype text not null,
  aggregateid text not null,
  type text not null,
  payload jsonb not null,
  -- In UTC. Of the router's own reading of it a type with a time zone is not understood.
  timestamp timestamp not null,
  revision bigint not null
);

create index outbox_oldest_idx on outbox (timestamp);
