package twin.app.training;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.http.model.Trainings;

/**
 * Trains types at the times of a cron expression. Every node looks; the table lets one of them
 * begin, once for each time and type. While another training runs, it waits its turn as long as a
 * missed time is made up for. Used by one thread at a time.
 */
public final class TrainingSchedule {
  private static final Logger log = LoggerFactory.getLogger(TrainingSchedule.class);
  private static final String PROGRAM = "schedule";

  private final Trainings trainings;
  private final TrainingSettings.Schedule schedule;
  private final ExecutionTime times;
  private final InstantSource clock;
  private final Set<String> seenTo = new HashSet<>();
  private Instant newest = Instant.MIN;

  /**
   * Looks at nothing yet.
   *
   * @throws IllegalArgumentException when the cron expression makes no sense
   */
  TrainingSchedule(Trainings trainings, TrainingSettings.Schedule schedule, InstantSource clock) {
    this.trainings = trainings;
    this.schedule = schedule;
    this.clock = clock;
    try {
      this.times =
          ExecutionTime.forCron(
              new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX))
                  .parse(schedule.cron()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "twin.training.schedule.cron '%s': %s".formatted(schedule.cron(), e.getMessage()), e);
    }
  }

  /** Looks now and then until the system stops, if there is a schedule. */
  public static void start(TrainingRuns runs, InstantSource clock, ActorSystem<?> system) {
    TrainingSettings.Schedule schedule = runs.settings().schedule();
    if (schedule.enabled()) {
      TrainingSchedule looking = new TrainingSchedule(runs, schedule, clock);
      Duration every = schedule.lookEvery();
      system
          .scheduler()
          .scheduleWithFixedDelay(every, every, looking::look, system.executionContext());
    }
  }

  /** Begins what is due. */
  synchronized void look() {
    Instant now = clock.instant();
    Optional<Instant> due =
        times
            .lastExecution(ZonedDateTime.ofInstant(now.plusSeconds(1), schedule.zone()))
            .map(ZonedDateTime::toInstant)
            .filter(time -> !time.isAfter(now))
            .filter(time -> !time.plus(schedule.catchUp()).isBefore(now));
    if (due.isEmpty()) {
      return;
    }
    if (!due.get().equals(newest)) {
      newest = due.get();
      seenTo.clear();
    }
    for (String type : schedule.types()) {
      if (!seenTo.contains(type)) {
        begin(type, newest);
      }
    }
  }

  private void begin(String type, Instant time) {
    try {
      trainings
          .start(
              new Trainings.Wanted(
                  type, time.minus(Duration.ofDays(schedule.days())), time, 1, 1, time, PROGRAM))
          .whenComplete((run, failure) -> begun(type, time, failure));
    } catch (Trainings.RefusedException e) {
      log.warn("{} is not trained as the schedule says: {}", type, e.getMessage());
      seenTo.add(type);
    }
  }

  private synchronized void begun(String type, Instant time, @Nullable Throwable failure) {
    if (failure == null) {
      if (time.equals(newest)) {
        seenTo.add(type);
      }
    } else {
      // Another one runs, or another node was faster: the next look sees.
      log.debug("{} is not trained now", type, failure);
    }
  }
}
