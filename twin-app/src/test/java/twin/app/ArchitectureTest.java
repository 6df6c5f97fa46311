package twin.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.List;
import java.util.Set;

/**
 * Holds the directions in which the parts may lean on each other. A rule about a package that is
 * not there yet passes.
 */
@AnalyzeClasses(packages = "twin", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {

  /**
   * The packages of twin-core in the order of the way of a reading: each knows only those before
   * it.
   */
  private static final List<String> WAY_OF_A_READING =
      List.of("type", "reading", "feature", "inference", "alert", "machine");

  /** What reads the twins: on top of them, and apart from each other. */
  private static final List<String> READERS = List.of("history", "fleet", "notify");

  @ArchTest
  static final ArchRule theCoreKnowsNothingAroundIt =
      noClasses()
          .that()
          .resideInAPackage("twin.core..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("twin.ingest..", "twin.http..", "twin.simulator..", "twin.app..")
          .because("the twin must not care how readings come in and answers go out")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule ingestKnowsNoHttp =
      noClasses()
          .that()
          .resideInAPackage("twin.ingest..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("twin.http..", "twin.simulator..", "twin.app..")
          .because("Main joins their routes")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule httpKnowsNoIngest =
      noClasses()
          .that()
          .resideInAPackage("twin.http..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("twin.ingest..", "twin.simulator..", "twin.app..")
          .because("Main joins their routes")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule theSimulatorIsAnOutsider =
      noClasses()
          .that()
          .resideInAPackage("twin.simulator..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("twin.core..", "twin.ingest..", "twin.http..", "twin.app..")
          .because("a simulated machine knows no more than a real one: the contract")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onePlaceKnowsDjl =
      noClasses()
          .that()
          .resideOutsideOfPackage("twin.core.inference.onnx..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.djl..", "ai.onnxruntime..")
          .because("another runtime should touch one package")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onePlaceKnowsOpenTelemetry =
      noClasses()
          .that()
          .resideOutsideOfPackage("twin.app.trace..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.opentelemetry..")
          .because("who follows nothing must not pay for it")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onePlaceKnowsSql =
      noClasses()
          .that()
          .resideOutsideOfPackages("twin.core.store..", "twin.app.embedded..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "javax.sql..")
          .because("tables and queries change together")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyTheEdgesLookAtAClock =
      noClasses()
          .that()
          .resideOutsideOfPackages("twin.app..", "twin.ingest..", "twin.http..", "twin.simulator..")
          .should()
          .accessTargetWhere(new WallClock())
          .because("what a twin decides must come out the same when it is computed again")
          .allowEmptyShould(true);

  @ArchTest
  static void theWayOfAReadingGoesOneWay(JavaClasses classes) {
    for (int i = 0; i < WAY_OF_A_READING.size(); i++) {
      String feature = WAY_OF_A_READING.get(i);
      List<String> later = WAY_OF_A_READING.subList(i + 1, WAY_OF_A_READING.size());
      later.forEach(other -> knowsNot(feature, other).check(classes));
      READERS.forEach(other -> knowsNot(feature, other).check(classes));
    }
  }

  @ArchTest
  static void readersStandApart(JavaClasses classes) {
    for (String reader : READERS) {
      READERS.stream()
          .filter(other -> !other.equals(reader))
          .forEach(other -> knowsNot(reader, other).check(classes));
    }
  }

  private static ArchRule knowsNot(String feature, String other) {
    return noClasses()
        .that()
        .resideInAPackage("twin.core." + feature + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("twin.core." + other + "..")
        .because("a reading goes " + String.join(" -> ", WAY_OF_A_READING))
        .allowEmptyShould(true);
  }

  /** A call, or a reference such as {@code Instant::now}, that answers with the time of day. */
  private static final class WallClock extends DescribedPredicate<JavaAccess<?>> {

    private static final Set<String> NOW =
        Set.of(
            Instant.class.getName(),
            LocalDate.class.getName(),
            LocalTime.class.getName(),
            LocalDateTime.class.getName(),
            OffsetDateTime.class.getName(),
            ZonedDateTime.class.getName());

    WallClock() {
      super("the wall clock is read");
    }

    @Override
    public boolean test(JavaAccess<?> access) {
      String owner = access.getTargetOwner().getName();
      String name = access.getTarget().getName();
      if (owner.equals(Clock.class.getName())) {
        return name.startsWith("system") || name.startsWith("tick");
      }
      if (owner.equals(System.class.getName())) {
        return name.equals("currentTimeMillis");
      }
      // Date's other constructors take a time; so do the calls of now with a Clock, which somebody
      // handed in.
      if (owner.equals(Date.class.getName())) {
        return access.getTarget().getFullName().endsWith("<init>()");
      }
      return NOW.contains(owner) && access.getTarget().getFullName().endsWith("now()");
    }
  }
}
