package twin.core.notify;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import twin.core.alert.AlertState;
import twin.core.fleet.FleetProjection;
import twin.core.machine.Cause;
import twin.core.machine.Description;
import twin.core.machine.EventCodec;
import twin.core.machine.EventHash;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineTwin;
import twin.core.machine.Stamp;
import twin.core.reading.Times;
import twin.core.store.AlertFollower;
import twin.core.store.AlertTable;
import twin.core.store.CoarseEvent;
import twin.core.store.Database;
import twin.core.store.FleetTable;
import twin.core.store.TestDatabase;
import twin.core.trace.Tracing;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.core.type.Severity;

/** What happens to machines, as the journal tells the projection of it, at a time that is set. */
final class Happenings implements InstantSource {

  static final Instant START = Instant.parse("2025-11-07T15:00:00Z");

  private static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));

  private final Database database;
  private final FleetProjection projection;
  private final Map<String, Long> revisions = new HashMap<>();
  private volatile Instant now = START;
  private long ordering;

  Happenings(Config config, Database database, AlertFollowers followers) {
    this.database = database;
    this.projection =
        new FleetProjection(
            new FleetTable(database),
            new AlertTable(database),
            followers.with(config, this),
            Tracing.OFF);
  }

  /** Makes those who follow, by this clock. */
  interface AlertFollowers {
    List<AlertFollower> with(Config config, InstantSource clock);
  }

  @Override
  public Instant instant() {
    return now;
  }

  void pass(Duration time) {
    now = now.plus(time);
  }

  void standsAt(String machineId, String site, String line) {
    happens(
        machineId,
        new MachineEvent.MachineRegistered(new Description(site, "A", line, new TreeMap<>())));
  }

  void isMilling(String machineId) {
    happens(machineId, new MachineEvent.DefinitionAssigned(TYPES.find("milling").orElseThrow()));
  }

  /** Raises an alert and tells its id. */
  String raises(String machineId, Severity severity) {
    String id = machineId + "-" + (revisions.getOrDefault(machineId, 0L) + 1);
    changes(machineId, id, AlertState.NORMAL, AlertState.UNACKNOWLEDGED, severity, 0);
    return id;
  }

  void escalates(String machineId, String id, Severity to, int time) {
    changes(machineId, id, AlertState.UNACKNOWLEDGED, AlertState.UNACKNOWLEDGED, to, time);
  }

  void acknowledged(String machineId, String id, Severity severity) {
    changes(machineId, id, AlertState.UNACKNOWLEDGED, AlertState.ACKNOWLEDGED, severity, 0);
  }

  private void changes(
      String machineId, String id, AlertState from, AlertState to, Severity severity, int time) {
    happens(
        machineId,
        new MachineEvent.AlertChanged(
            id,
            "overstrain",
            "overstrain",
            from,
            to,
            severity,
            4,
            0,
            now,
            1.5,
            0.75,
            12.5,
            List.of(),
            8.0,
            20.0,
            null,
            time,
            null));
  }

  private void happens(String machineId, MachineEvent event) {
    long revision = revisions.merge(machineId, 1L, Long::sum);
    JournalEntry entry =
        EventCodec.encode(
            new Stamp(
                now,
                Times.toNanos(now),
                new Cause.Source("mqtt:plant", null, null),
                EventHash.NONE),
            event);
    ordering++;
    TestDatabase.handle(
        database,
        projection,
        new CoarseEvent(
            "1:" + ordering,
            MachineTwin.persistenceId(machineId).id(),
            revision,
            8101,
            entry.manifest(),
            entry.encoded(),
            now));
  }
}
