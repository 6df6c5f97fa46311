package twin.http.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import twin.http.Problem;

/**
 * Passwords and their hashes: argon2id (RFC 9106), written as PHC strings with their parameters and
 * salts, so that hashes made with other parameters stay good. So many are computed at a time, so
 * many may wait. Thread-safe.
 */
final class Passwords {

  static final int SHORTEST = 12;
  static final int LONGEST = 256;

  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;
  private static final long THREADS_IDLE_SECONDS = 10;
  private static final Pattern PHC =
      Pattern.compile(
          "\\$argon2id\\$v=19\\$m=(\\d{1,8}),t=(\\d{1,4}),p=(\\d{1,3})"
              + "\\$([A-Za-z0-9+/]{1,100})\\$([A-Za-z0-9+/]{1,100})");
  private static final Base64.Encoder BASE64 = Base64.getEncoder().withoutPadding();

  private final SecuritySettings.Argon2 cost;
  private final SecureRandom random = new SecureRandom();
  private final ThreadPoolExecutor threads;
  private final String nobodys;

  Passwords(SecuritySettings.Argon2 cost) {
    this.cost = cost;
    this.threads =
        new ThreadPoolExecutor(
            cost.concurrentMax(),
            cost.concurrentMax(),
            THREADS_IDLE_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(cost.waitingMax()),
            Thread.ofPlatform().name("passwords-", 0).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
    this.nobodys = hashNow(Digests.random());
  }

  /** Refuses a password that is too easily found out. */
  static void requireGood(String name, String password) {
    if (password.length() < SHORTEST || password.length() > LONGEST) {
      throw new IllegalArgumentException(
          "a password must have %d to %d characters; a few words that have nothing to do with each other make a good one"
              .formatted(SHORTEST, LONGEST));
    }
    if (password.toLowerCase(Locale.ROOT).contains(name.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("a password must not contain the name");
    }
  }

  /** What a password is recognised by. */
  CompletionStage<String> hash(String password) {
    return compute(() -> hashNow(password));
  }

  /** Whether a hash is of that password. */
  CompletionStage<Boolean> matches(String password, String hash) {
    return compute(() -> matchesNow(password, hash));
  }

  /** Takes as long as a wrong password does. */
  CompletionStage<Boolean> matchesNobodys(String password) {
    return compute(() -> matchesNow(password, nobodys)).thenApply(same -> false);
  }

  private <T> CompletionStage<T> compute(Supplier<T> work) {
    try {
      return CompletableFuture.supplyAsync(work, threads);
    } catch (RejectedExecutionException e) {
      throw Problem.unavailable("Too many passwords are being looked at. Try again in a moment.")
          .toException();
    }
  }

  private String hashNow(String password) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    byte[] hash =
        argon2id(
            password, salt, HASH_BYTES, cost.memoryKib(), cost.iterations(), cost.parallelism());
    return "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s"
        .formatted(
            cost.memoryKib(),
            cost.iterations(),
            cost.parallelism(),
            BASE64.encodeToString(salt),
            BASE64.encodeToString(hash));
  }

  private static boolean matchesNow(String password, String phc) {
    Matcher parts = PHC.matcher(phc);
    if (!parts.matches()) {
      throw new IllegalStateException("a stored password hash is no argon2id");
    }
    byte[] hash = Base64.getDecoder().decode(parts.group(5));
    byte[] other =
        argon2id(
            password,
            Base64.getDecoder().decode(parts.group(4)),
            hash.length,
            Integer.parseInt(parts.group(1)),
            Integer.parseInt(parts.group(2)),
            Integer.parseInt(parts.group(3)));
    return MessageDigest.isEqual(hash, other);
  }

  private static byte[] argon2id(
      String password, byte[] salt, int length, int memoryKib, int iterations, int parallelism) {
    Argon2BytesGenerator generator = new Argon2BytesGenerator();
    generator.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withSalt(salt)
            .withMemoryAsKB(memoryKib)
            .withIterations(iterations)
            .withParallelism(parallelism)
            .build());
    byte[] hash = new byte[length];
    generator.generateBytes(password.getBytes(StandardCharsets.UTF_8), hash);
    return hash;
  }
}
