-- Two more orders of the fleet: by health, and by what needs somebody first. Health moves with the
-- score or with remaining life, whose indexes an update touches anyway.
create function machine_status_rank(status text) returns integer
  language sql immutable strict parallel safe
  return array_position(array['alarm', 'watch', 'stale', 'unknown', 'normal'], status) - 1;

create index machines_by_health_idx
  on machines (coalesce(health, 'Infinity'::double precision), machine_id)
  where not retired;
create index machines_by_status_idx
  on machines (machine_status_rank(status), machine_id)
  where not retired;

-- A line's machines are few among many: no order's index would find them soon.
create index machines_by_place_idx
  on machines (site, line)
  where not retired;
