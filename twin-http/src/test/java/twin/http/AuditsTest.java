package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.audit.AuditProgress;
import twin.core.audit.Finding;
import twin.core.audit.Verification;
import twin.http.TestServer.Answer;
import twin.http.audit.Audits;

/** Checks of the journal as jobs. What they find is tested where the database is. */
final class AuditsTest {

  private static final String VERIFY = "/api/v1/audit/verify";
  private static final String KEY =
      """
      -----BEGIN PUBLIC KEY-----
      MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
      -----END PUBLIC KEY-----
      """;

  private final List<Audits.Wanted> wanted = new ArrayList<>();
  private final List<AuditProgress> progress = new ArrayList<>();
  private final CompletableFuture<Verification.Report> report = new CompletableFuture<>();
  private TestServer server;

  @BeforeEach
  void start() {
    server = TestServer.start("twin.http { drain-timeout = 100ms }");
    server.audits =
        (what, how) -> {
          wanted.add(what);
          progress.add(how);
          return report;
        };
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void tellsWhatWasFound() {
    Answer started = server.post(VERIFY, "");
    assertThat(started.status()).isEqualTo(202);
    assertThat(started.body().path("kind").asText()).isEqualTo("audit_verify");
    assertThat(started.body().has("machine_id")).isFalse();
    assertThat(wanted).containsExactly(new Audits.Wanted(none(), List.of(), none()));
    report.complete(
        new Verification.Report(
            12,
            1,
            34_567,
            43,
            5,
            60,
            Set.of("0123456789abcdef"),
            Map.of(Finding.Kind.CUT_TAIL, 1L, Finding.Kind.FORGED_SEAL, 1L),
            List.of(
                new Finding("", 0, Finding.Kind.FORGED_SEAL, "line 3 is no seal"),
                new Finding("machine-001", 41, Finding.Kind.CUT_TAIL, "it ends at revision 40")),
            List.of("two seals are without their heads")));
    JsonNode job = server.get(started.header("Location")).body();
    assertThat(job.path("state").asText()).isEqualTo("done");
    assertThat(job.path("result"))
        .isEqualTo(
            read(
                """
                {"verdict":"differs","machines":12,"broken_machines":1,"events":34567,
                "snapshots":43,"seals":5,"sealed_heads":60,"key_ids":["0123456789abcdef"],
                "counts":{"cut_tail":1,"forged_seal":1},"findings":[
                {"what":"forged_seal","detail":"line 3 is no seal"},
                {"machine_id":"machine-001","revision":41,"what":"cut_tail",
                "detail":"it ends at revision 40"}],
                "notes":["two seals are without their heads"]}
                """));
  }

  private static <T> Optional<T> none() {
    return Optional.empty();
  }

  private static JsonNode read(String json) {
    try {
      return Json.MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void takesAMachineAndWhatTheCallerHasKept() {
    Answer started =
        server.post(
            VERIFY,
            Json.object()
                .put("machine_id", "machine-001")
                .put("seals", "{\"a\":1}\n\n{\"b\":2}\n")
                .put("public_key", KEY)
                .toString());
    assertThat(started.status()).as(started.text()).isEqualTo(202);
    assertThat(started.body().path("machine_id").asText()).isEqualTo("machine-001");
    assertThat(wanted.getFirst().machineId()).contains("machine-001");
    assertThat(wanted.getFirst().seals()).containsExactly("{\"a\":1}", "{\"b\":2}");
    assertThat(wanted.getFirst().publicKey()).contains(KEY);
  }

  @Test
  void refusesWhatCannotBeMeant() {
    assertThat(server.post(VERIFY, "{\"machine_id\":\"a b\"}").status()).isEqualTo(400);
    assertThat(server.post(VERIFY, "{\"machine\":\"a\"}").status()).isEqualTo(400);
    Answer key = server.post(VERIFY, "{\"public_key\":\"none\"}");
    assertThat(key.status()).isEqualTo(400);
    assertThat(key.text()).contains("public_key", "PEM");
    assertThat(wanted).isEmpty();
  }
}
