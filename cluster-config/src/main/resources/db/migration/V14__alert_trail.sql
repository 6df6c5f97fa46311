-- Changes of alerts in an order in which they can be followed: as in the journal, by the transaction
-- that wrote the row and then by number, up to the oldest transaction that is still open. What was
-- written before this has no place in it, and nobody follows it.
create sequence alert_changes_number_seq as bigint;
alter table alert_changes
  add column written_by xid8,
  add column number bigint;
alter table alert_changes
  alter column written_by set default pg_current_xact_id(),
  alter column number set default nextval('alert_changes_number_seq');
alter sequence alert_changes_number_seq owned by alert_changes.number;

-- Verdicts have no state, and are not followed.
create index alert_changes_trail_idx on alert_changes (written_by, number)
  where written_by is not null and to_state is not null;
