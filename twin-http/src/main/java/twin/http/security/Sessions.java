package twin.http.security;

import com.typesafe.config.Config;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import twin.http.Access;
import twin.http.Endpoint;

/**
 * The keys of a node, and the sessions of browsers that signed in with one of them. A session is
 * nothing but a token that the browser keeps: the key's name, when it ends, and a code over both
 * that only who has the key can compute. So each node of a cluster knows the sessions that another
 * one began, none has to remember any, and all of a key's sessions end when the key is taken away.
 * Immutable.
 */
public final class Sessions {

  private static final String ALGORITHM = "HmacSHA256";
  // A name, a number and 43 characters of code.
  private static final int TOKEN_LENGTH_MAX = 160;
  // The key that signs is not the one that lets in, though it follows from it.
  private static final String PURPOSE = "twin session 1";

  private final ApiKeys keys;
  private final Duration length;
  private final InstantSource clock;

  private Sessions(ApiKeys keys, Duration length, InstantSource clock) {
    this.keys = keys;
    this.length = length;
    this.clock = clock;
    if (!length.isPositive()) {
      throw new IllegalArgumentException("twin.http.session-length must be above zero");
    }
  }

  /**
   * From the block {@code twin.http}.
   *
   * @throws IllegalArgumentException when a key is of no use, or one is needed and missing
   */
  public static Sessions of(Config http, InstantSource clock) {
    ApiKeys keys = ApiKeys.of(http);
    keys.requireFor(http.getString("address"));
    return new Sessions(keys, http.getDuration("session-length"), clock);
  }

  /** Lets through who has a key; without any key, whoever reaches this machine's own address. */
  public Access access() {
    return keys.isEmpty() ? Access.anyone() : new KeyAccess(keys, this);
  }

  /** Signing in and out. */
  public List<Endpoint> endpoints() {
    return new SessionEndpoints(keys, this).all();
  }

  Duration length() {
    return length;
  }

  /** When a session that begins now ends. */
  Instant end() {
    return Instant.ofEpochSecond(clock.instant().plus(length).getEpochSecond());
  }

  /** The token of a session. */
  String token(ApiKey key, Instant end) {
    String claim = key.name() + "." + end.getEpochSecond();
    return claim + "." + code(key, claim);
  }

  /** Whose session it is, if the token is one that was given and has not ended. */
  Optional<ApiKey> holder(String token) {
    String[] parts = token.length() > TOKEN_LENGTH_MAX ? new String[0] : token.split("\\.", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    return keys.named(parts[0])
        .filter(
            key ->
                MessageDigest.isEqual(ascii(code(key, parts[0] + "." + parts[1])), ascii(parts[2])))
        // The number was written by a node: the code says so.
        .filter(key -> clock.instant().getEpochSecond() < Long.parseLong(parts[1]));
  }

  private static String code(ApiKey key, String claim) {
    byte[] signing = hmac(key.bytes(), PURPOSE);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(hmac(signing, claim));
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new AssertionError("every Java platform has HMAC with SHA-256", e);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
