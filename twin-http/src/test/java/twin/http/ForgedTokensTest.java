package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.http.TestServer.Answer;

/** Tokens that no node gave out, or that were given out for something else. */
final class ForgedTokensTest {

  private static final String PASSWORD = "correct horse battery";

  private static TestServer server;
  private static String[] good = new String[0];

  @BeforeAll
  static void start() {
    server =
        TestServer.start(
            "twin.http.security.first-administrator.password = \"%s\"".formatted(PASSWORD));
    good = access(server).split("\\.", -1);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String access(TestServer at) {
    Answer answer =
        at.post(
            "/api/v1/auth/login", "{\"name\":\"admin\",\"password\":\"%s\"}".formatted(PASSWORD));
    return answer.body().path("access_token").asText();
  }

  private static int status(String token) {
    return server
        .send(
            HttpRequest.newBuilder(server.uri("/api/v1/machines"))
                .header("Authorization", "Bearer " + token))
        .status();
  }

  private static String base64(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String plain(String part) {
    return new String(Base64.getUrlDecoder().decode(part), StandardCharsets.UTF_8);
  }

  @Test
  void takesTheOneThatItGaveOut() {
    assertThat(status(String.join(".", good))).isEqualTo(200);
    assertThat(plain(good[0])).contains("\"alg\":\"HS256\"", "\"typ\":\"at+jwt\"");
  }

  @Test
  void theTokenDoesNotChooseHowItIsChecked() {
    for (String header :
        new String[] {
          "{\"alg\":\"none\",\"typ\":\"at+jwt\"}",
          "{\"alg\":\"None\",\"typ\":\"at+jwt\"}",
          "{\"alg\":\"HS512\",\"typ\":\"at+jwt\"}",
          "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}",
          "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
          "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"crit\":[\"x\"],\"x\":1}",
          "{}"
        }) {
      assertThat(status(base64(header) + "." + good[1] + "." + good[2])).as(header).isEqualTo(401);
      assertThat(status(base64(header) + "." + good[1] + ".")).as(header).isEqualTo(401);
    }
  }

  @Test
  void nothingCanBeChangedInIt() {
    for (String[] change :
        new String[][] {
          {"\"admin\"", "\"admin2\""}, {"\"version\":\"0\"", "\"version\":\"1\""},
          {"\"exp\":1", "\"exp\":2"}, {"\"USER\"", "\"KEY\""}
        }) {
      String claims = plain(good[1]);
      assertThat(claims).contains(change[0]);
      String changed = base64(claims.replace(change[0], change[1]));
      assertThat(status(good[0] + "." + changed + "." + good[2])).as(change[1]).isEqualTo(401);
    }
    assertThat(status(good[0] + "." + good[1] + "." + good[2].substring(1))).isEqualTo(401);
    assertThat(status(good[0] + "." + good[1] + ".")).isEqualTo(401);
    assertThat(status(good[0] + "." + good[1])).isEqualTo(401);
    assertThat(status("x".repeat(4000))).isEqualTo(401);
  }

  @Test
  void anotherSecretSignsNothing() throws JOSEException {
    SignedJWT forged =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).type(new JOSEObjectType("at+jwt")).build(),
            parsed(plain(good[1])));
    forged.sign(new MACSigner("another secret that is long enough"));
    assertThat(status(forged.serialize())).isEqualTo(401);
    try (TestServer elsewhere =
        TestServer.start(
            "twin.http.security.first-administrator.password = \"%s\"".formatted(PASSWORD))) {
      assertThat(status(access(elsewhere))).isEqualTo(401);
    }
  }

  private static JWTClaimsSet parsed(String claims) {
    try {
      return JWTClaimsSet.parse(claims);
    } catch (ParseException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aTokenForAHeaderIsNoneForACookie() {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri("/api/v1/machines"))
            .header("Cookie", "twin_session=" + String.join(".", good));
    assertThat(server.send(request).status()).isEqualTo(401);
  }

  @Test
  void nodesWithTheSameSecretOfTheConfigurationTakeEachOthers() {
    String settings =
        """
        twin.http.security {
          first-administrator.password = "%s"
          token-secret = 0123456789abcdef0123456789abcdef
        }
        """
            .formatted(PASSWORD);
    try (TestServer one = TestServer.start(settings);
        TestServer two = TestServer.start(settings)) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(two.uri("/api/v1/machines"))
              .header("Authorization", "Bearer " + access(one));
      assertThat(two.send(request).status()).isEqualTo(200);
    }
  }
}
