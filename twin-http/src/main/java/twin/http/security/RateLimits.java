package twin.http.security;

import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import twin.http.Caller;
import twin.http.ClientAddress;
import twin.http.Problem;

/**
 * How often somebody may call: a bucket of tokens for each caller and for each address that calls
 * come from, and one for sign-ins of an address. Of the buckets the least used are forgotten when
 * there are too many, and are full again when they come back. On this node alone. Thread-safe.
 */
final class RateLimits {

  private enum Kind {
    ADDRESS,
    CALLER,
    SIGN_IN
  }

  private record Subject(Kind kind, String name) {}

  private final Map<Kind, Bandwidth> bandwidths;
  private final int proxies;
  private final TimeMeter time;
  private final Map<Subject, Bucket> buckets;

  RateLimits(SecuritySettings.Limits limits, int proxies, InstantSource clock) {
    this.bandwidths =
        Map.of(
            Kind.ADDRESS,
            perSecond(limits.addressBurst(), limits.addressPerSecond()),
            Kind.CALLER,
            perSecond(limits.callerBurst(), limits.callerPerSecond()),
            Kind.SIGN_IN,
            bandwidth(limits.signInsPerMinute(), limits.signInsPerMinute(), Duration.ofMinutes(1)));
    this.proxies = proxies;
    this.time = new Meter(clock);
    this.buckets = new Newest(limits.bucketsMax());
  }

  private static Bandwidth perSecond(int burst, int tokens) {
    return bandwidth(burst, tokens, Duration.ofSeconds(1));
  }

  private static Bandwidth bandwidth(int burst, int tokens, Duration period) {
    return Bandwidth.builder().capacity(burst).refillGreedy(tokens, period).build();
  }

  /** Takes one of the address that a call comes from. */
  void takeOfAddress(HttpRequest request) {
    take(Kind.ADDRESS, ClientAddress.of(request, proxies));
  }

  /** Takes one of a caller. */
  void takeOfCaller(Caller caller) {
    take(Kind.CALLER, caller.name());
  }

  /** Takes one of the sign-ins of an address. */
  void takeOfSignIns(HttpRequest request) {
    take(Kind.SIGN_IN, ClientAddress.of(request, proxies));
  }

  private void take(Kind kind, String name) {
    ConsumptionProbe probe = bucket(new Subject(kind, name)).tryConsumeAndReturnRemaining(1);
    if (!probe.isConsumed()) {
      long seconds =
          1 + TimeUnit.NANOSECONDS.toSeconds(Math.max(0, probe.getNanosToWaitForRefill() - 1));
      throw Problem.of(
              StatusCodes.TOO_MANY_REQUESTS,
              "%s. Wait as long as Retry-After says, in seconds."
                  .formatted(
                      switch (kind) {
                        case ADDRESS -> "Too many calls come from this address";
                        case CALLER -> name + " calls too often";
                        case SIGN_IN -> "Too many sign-ins come from this address";
                      }))
          .with("Retry-After", Long.toString(seconds))
          .toException();
    }
  }

  private Bucket bucket(Subject subject) {
    synchronized (buckets) {
      return buckets.computeIfAbsent(
          subject,
          absent ->
              Bucket.builder()
                  .addLimit(bandwidths.get(subject.kind()))
                  .withCustomTimePrecision(time)
                  .build());
    }
  }

  /** The buckets that were used last. */
  private static final class Newest extends LinkedHashMap<Subject, Bucket> {
    private static final long serialVersionUID = 1;

    private final int most;

    Newest(int most) {
      super(16, 0.75f, true);
      this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Subject, Bucket> eldest) {
      return size() > most;
    }
  }

  private record Meter(InstantSource clock) implements TimeMeter {
    @Override
    public long currentTimeNanos() {
      Instant now = clock.instant();
      return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }

    @Override
    public boolean isWallClockBased() {
      return true;
    }
  }
}
