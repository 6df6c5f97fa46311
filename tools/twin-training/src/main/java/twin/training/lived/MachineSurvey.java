package twin.training.lived;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import twin.core.reading.Quality;
import twin.core.reading.Reading;
import twin.core.type.MachineType;

/** What one pass over a machine's readings tells: what came of them, and how good they are. */
final class MachineSurvey {

  /** A day of fewer readings may be like another one by chance. */
  private static final int DAY_READINGS_MIN = 24;

  /** A channel that has the same value less often in a row may do so by chance. */
  private static final int STUCK_READINGS_MIN = 100;

  private final String machineId;
  private final MachineType type;
  private final Labels labels;
  private final LifeClock life = new LifeClock();
  private final List<ChannelCount> channels = new ArrayList<>();
  private final TreeMap<LocalDate, Day> days = new TreeMap<>();
  private final Set<LocalDate> copies = new HashSet<>();
  private long readings;
  private long inSpan;
  private long gaps;
  private Duration longestGap = Duration.ZERO;
  private @Nullable Instant first;
  private @Nullable Instant newest;
  private boolean broken;

  private static final class Day {
    private long readings;
    private long hash;
    private boolean varies;
    private long firstBits;
  }

  MachineSurvey(String machineId, MachineType type, double horizon) {
    this.machineId = machineId;
    this.type = type;
    this.labels = new Labels(horizon);
    type.channels().forEach(channel -> channels.add(new ChannelCount()));
  }

  /** Takes a reading in order, by the definition that held for it. */
  void see(MachineType definition, Reading reading, boolean isInSpan) {
    readings++;
    if (life.see(definition, reading)) {
      labels.otherLife(readings - 1, life.passed(), reading.timestamp());
    }
    if (!isInSpan) {
      return;
    }
    inSpan++;
    Instant at = reading.timestamp();
    Instant before = newest;
    if (before == null) {
      first = at;
    } else {
      Duration gap = Duration.between(before, at);
      if (gap.compareTo(type.silence()) > 0) {
        gaps++;
        longestGap = gap.compareTo(longestGap) > 0 ? gap : longestGap;
      }
    }
    newest = at;
    long bits = 17;
    for (int i = 0; i < channels.size(); i++) {
      int channel = definition.indexOf(type.channels().get(i).name());
      ChannelCount count = channels.get(i);
      if (channel < 0 || !reading.values().has(channel)) {
        if (channel >= 0 && reading.quality(channel) == Quality.BAD) {
          count.bad();
        } else {
          count.absent();
        }
      } else if (reading.quality(channel) == Quality.BAD) {
        count.bad();
      } else {
        double value = reading.values().get(channel);
        count.value(value, reading.quality(channel) == Quality.UNCERTAIN);
        bits = 31 * bits + Double.doubleToLongBits(value);
      }
    }
    Day day = days.computeIfAbsent(at.atZone(ZoneOffset.UTC).toLocalDate(), each -> new Day());
    if (day.readings == 0) {
      day.firstBits = bits;
    }
    day.readings++;
    day.varies |= bits != day.firstBits;
    day.hash = (day.hash ^ bits) * 0x9E3779B97F4A7C15L;
  }

  /**
   * Says what is wrong with the readings; knows afterwards which of them are left out.
   *
   * @param usuallyMoves for each channel whether it has different values on most machines
   */
  void judge(double brokenShare, boolean[] usuallyMoves, List<Finding> findings) {
    Map<Long, LocalDate> byHash = new HashMap<>();
    days.forEach(
        (date, day) -> {
          if (day.readings < DAY_READINGS_MIN || !day.varies) {
            return;
          }
          LocalDate original = byHash.putIfAbsent(31 * day.hash + day.readings, date);
          if (original != null) {
            copies.add(date);
            findings.add(
                new Finding(
                    Finding.What.DUPLICATED_DAY,
                    machineId,
                    "",
                    "the %d readings of %s are those of %s; the copy is left out"
                        .formatted(day.readings, date, original)));
          }
        });
    for (int i = 0; i < channels.size(); i++) {
      ChannelCount count = channels.get(i);
      double limit = brokenShare * count.readings();
      if (count.readings() == 0) {
        continue;
      }
      if (count.missing() > limit && type.channels().get(i).required()) {
        found(findings, Finding.What.CHANNEL_MISSING, i, "is missing from", count.missing());
      } else if (count.outOfRange() > limit) {
        found(
            findings,
            Finding.What.CHANNEL_OUT_OF_RANGE,
            i,
            "is out of its range in",
            count.outOfRange());
      } else if (count.longestEqual() > Math.max(STUCK_READINGS_MIN, limit)
          && (count.varies() || usuallyMoves[i])) {
        found(
            findings,
            Finding.What.CHANNEL_STUCK,
            i,
            "has the same value in a row in",
            count.longestEqual());
      }
    }
    if (gaps > 0) {
      findings.add(
          new Finding(
              Finding.What.GAPS,
              machineId,
              "",
              "%d times silent for longer than %s, at most for %s"
                  .formatted(gaps, type.silence(), longestGap)));
    }
  }

  private void found(
      List<Finding> findings, Finding.What what, int channel, String verb, long count) {
    broken = true;
    findings.add(
        new Finding(
            what,
            machineId,
            type.channels().get(channel).name(),
            "%s %d of %d readings; the machine is left out".formatted(verb, count, inSpan)));
  }

  String machineId() {
    return machineId;
  }

  Labels labels() {
    return labels;
  }

  LifeClock life() {
    return life;
  }

  List<ChannelCount> channels() {
    return channels;
  }

  /** Whether a channel is so bad that nothing is learned from the machine. */
  boolean broken() {
    return broken;
  }

  /** Readings so far, in the time that is looked at or after it. */
  long readings() {
    return readings;
  }

  long readingsInSpan() {
    return inSpan;
  }

  /** The days with readings that count. */
  Set<LocalDate> days() {
    Set<LocalDate> counting = new HashSet<>(days.keySet());
    counting.removeAll(copies);
    return counting;
  }

  boolean isCopy(Instant at) {
    return !copies.isEmpty() && copies.contains(at.atZone(ZoneOffset.UTC).toLocalDate());
  }

  @Nullable Instant first() {
    return first;
  }

  @Nullable Instant newest() {
    return newest;
  }
}
