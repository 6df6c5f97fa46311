package twin.core.notify;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import twin.core.store.Delivery;
import twin.core.store.Gathered;
import twin.core.store.Notice;

/**
 * Notices at random times of two places, gathered at random times, sent as soon as they are due.
 */
final class GatheringPropertiesTest {

  private static final Duration WINDOW = Duration.ofSeconds(60);
  private static final List<String> SEVERITIES = List.of("low", "medium", "high", "critical");

  private final List<Delivery> deliveries = new ArrayList<>();
  private final Map<UUID, Instant> sentAt = new HashMap<>();
  private final Map<UUID, List<Notice>> parts = new HashMap<>();

  @Property(tries = 200)
  void everyNoticeIsToldOnceSoonAndFewMessagesTellThem(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 200) int notices) {
    deliveries.clear();
    sentAt.clear();
    parts.clear();
    Random random = new Random(seed);
    Instant now = Happenings.START;
    List<Notice> all = new ArrayList<>();
    List<Notice> fresh = new ArrayList<>();
    for (int i = 0; i < notices; i++) {
      now = now.plusMillis(random.nextInt(10_000));
      Notice notice = notice(i, now, random);
      all.add(notice);
      fresh.add(notice);
      if (random.nextInt(3) == 0) {
        gather(fresh, now);
        fresh.clear();
        send(now);
      }
    }
    gather(fresh, now);
    for (int i = 0; i < 61; i++) {
      now = now.plusSeconds(1);
      send(now);
    }
    assertThat(parts.values().stream().flatMap(List::stream))
        .hasSameElementsAs(all)
        .hasSize(notices);
    for (Delivery delivery : deliveries) {
      List<Notice> told = parts.getOrDefault(delivery.id(), List.of());
      assertThat(delivery.alerts()).isEqualTo(told.size());
      assertThat(told).extracting(Notice::place).containsOnly(delivery.place());
      assertThat(sentAt.get(delivery.id())).as("within a window").isNotNull();
      assertThat(told).extracting(Notice::severity).contains(delivery.severity());
    }
    for (String place : List.of("a", "b")) {
      fewMessages(deliveries.stream().filter(each -> each.place().equals(place)).toList());
    }
  }

  /**
   * Two messages of a place are a window apart, but for those that are more serious than before.
   */
  private void fewMessages(List<Delivery> ofPlace) {
    for (int i = 1; i < ofPlace.size(); i++) {
      Delivery before = ofPlace.get(i - 1);
      Delivery after = ofPlace.get(i);
      boolean worse = SEVERITIES.indexOf(after.severity()) > SEVERITIES.indexOf(before.severity());
      if (!worse) {
        assertThat(Duration.between(before.plannedAt(), after.plannedAt()))
            .isGreaterThanOrEqualTo(WINDOW);
      }
    }
  }

  private void gather(List<Notice> notices, Instant now) {
    Gathering gathering =
        new Gathering(WINDOW, Duration.ZERO, Duration.ofMinutes(10), now, UUID::randomUUID);
    Map<String, Delivery> newest = new HashMap<>();
    deliveries.forEach(each -> newest.put(each.place(), each));
    for (Gathered each : gathering.of(notices, List.copyOf(newest.values()))) {
      Delivery delivery = each.delivery();
      if (each.isNew()) {
        deliveries.add(delivery);
      } else {
        deliveries.replaceAll(old -> old.id().equals(delivery.id()) ? delivery : old);
      }
      parts.computeIfAbsent(delivery.id(), id -> new ArrayList<>()).addAll(each.notices());
    }
  }

  private void send(Instant now) {
    for (Delivery each : List.copyOf(deliveries)) {
      if (each.isUntried() && !each.dueAt().isAfter(now)) {
        sentAt.put(each.id(), now);
        deliveries.set(deliveries.indexOf(each), sent(each, now));
      }
    }
  }

  private static Delivery sent(Delivery d, Instant now) {
    return new Delivery(
        d.id(),
        d.channel(),
        d.place(),
        d.site(),
        d.area(),
        d.line(),
        d.incident(),
        d.severity(),
        d.told(),
        d.alerts(),
        d.newestAt(),
        Delivery.State.DELIVERED,
        d.createdAt(),
        d.plannedAt(),
        d.dueAt(),
        1,
        now,
        null);
  }

  private static Notice notice(int number, Instant at, Random random) {
    return new Notice(
        "c",
        "alert-" + number,
        1,
        at,
        random.nextBoolean() ? "a" : "b",
        "m",
        null,
        null,
        null,
        SEVERITIES.get(random.nextInt(4)),
        "{}");
  }
}
