package twin.http.security;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Date;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that say who their bearer is: JSON Web Tokens, signed with HMAC and SHA-256 under a secret
 * that all nodes of the cluster have, so that each takes what another one gave out. Immutable.
 */
final class Tokens {

  private static final String ISSUER = "twin";
  private static final int LENGTH_MAX = 2_000;
  private static final int VERSION_DIGITS = 16;

  /** What a token is good for; one is not taken for the other. */
  enum Use {
    /** In the header of a program's calls. */
    ACCESS("at+jwt"),
    /** In the cookie of a browser. */
    SESSION("session+jwt");

    private final String type;

    Use(String type) {
      this.type = type;
    }

    private JOSEObjectType type() {
      return new JOSEObjectType(type);
    }
  }

  /** Whose name a token has. */
  enum Holder {
    USER,
    KEY
  }

  /**
   * What a token says.
   *
   * @param version of the account when it was given out: it is good as long as this is the same
   * @param session names all that follows from one sign-in
   */
  record Claims(Holder holder, String name, String version, String session) {}

  private final byte[] secret;
  private final InstantSource clock;

  /**
   * Signs and checks tokens.
   *
   * @param secret what only nodes of this cluster know
   */
  Tokens(String secret, InstantSource clock) {
    // Whatever its form: as many bits as the algorithm uses, and for nothing else.
    this.secret = Digests.hmac(secret.getBytes(StandardCharsets.UTF_8), "twin tokens 1");
    this.clock = clock;
  }

  /** A token that runs out after that time. */
  String issue(Use use, Claims claims, Duration length) {
    Instant now = clock.instant();
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).type(use.type()).build(),
            new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .subject(claims.name())
                .claim("holder", claims.holder().name())
                .claim("version", claims.version())
                .claim("session", claims.session())
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(length)))
                .build());
    try {
      token.sign(new MACSigner(secret));
    } catch (JOSEException e) {
      throw new AssertionError("every Java platform has HMAC with SHA-256", e);
    }
    return token.serialize();
  }

  /** What a token says, if it was given out by a node of this cluster and has not run out. */
  Optional<Claims> read(Use use, String text) {
    if (text.length() > LENGTH_MAX) {
      return Optional.empty();
    }
    try {
      SignedJWT token = SignedJWT.parse(text);
      // The token does not choose how it is checked.
      boolean ours =
          JWSAlgorithm.HS256.equals(token.getHeader().getAlgorithm())
              && use.type().equals(token.getHeader().getType())
              && token.verify(new MACVerifier(secret));
      return ours ? claims(token.getJWTClaimsSet()) : Optional.empty();
    } catch (ParseException | JOSEException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private Optional<Claims> claims(JWTClaimsSet set) throws ParseException {
    @Nullable Date expires = set.getExpirationTime();
    @Nullable String name = set.getSubject();
    @Nullable String version = set.getStringClaim("version");
    @Nullable String session = set.getStringClaim("session");
    @Nullable String holder = set.getStringClaim("holder");
    boolean good =
        ISSUER.equals(set.getIssuer())
            && expires != null
            && clock.instant().isBefore(expires.toInstant());
    if (!good || name == null || version == null || session == null || holder == null) {
      return Optional.empty();
    }
    return Arrays.stream(Holder.values())
        .filter(each -> each.name().equals(holder))
        .findFirst()
        .map(each -> new Claims(each, name, version, session));
  }

  /** What a key's tokens have as their version: it tells nothing of the key. */
  String versionOfKey(String digest) {
    return HexFormat.of()
        .formatHex(Digests.hmac(secret, "key " + digest))
        .substring(0, VERSION_DIGITS);
  }
}
