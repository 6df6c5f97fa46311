package twin.core.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.store.Database;
import twin.core.store.MachineTypeTable;
import twin.core.store.TestDatabase;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeJson;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

final class TypeCatalogueTest {

  private static final MachineTypes CONFIGURED =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").getConfig("twin.types"));
  private static final Duration NEVER = Duration.ofHours(1);
  private static final MachineType PRESS = press(5);

  private final ActorTestKit kit = ActorTestKit.create();
  private final Config config = TestDatabase.create();
  private Database database;

  @BeforeEach
  void open() {
    database = TestDatabase.open(config);
  }

  @AfterEach
  void close() {
    database.close();
    kit.shutdownTestKit();
  }

  private static MachineType press(int max) {
    return MachineTypeJson.read(
        "press", "{\"channels\":[{\"name\":\"oil_bar\",\"max\":%d}]}".formatted(max));
  }

  private TypeCatalogue watch(int typesMax, Duration lookEvery) {
    return TypeCatalogue.watch(
        new MachineTypeTable(database),
        CONFIGURED,
        () -> Instant.EPOCH,
        typesMax,
        lookEvery,
        kit.system());
  }

  private static MachineType put(TypeCatalogue catalogue, MachineType type) {
    return catalogue.put(type, "anna").toCompletableFuture().join();
  }

  @Test
  void aTypeThatIsPutIsInForceAtOnceAndAfterARestart() {
    TypeCatalogue catalogue = watch(10, NEVER);
    assertThat(put(catalogue, PRESS)).isEqualTo(PRESS);
    assertThat(catalogue.get().find("press")).contains(PRESS);
    assertThat(put(catalogue, press(7))).isEqualTo(press(7));
    assertThat(watch(10, NEVER).get().find("press")).contains(press(7));
  }

  @Test
  void aConfiguredTypeCanBeReplaced() {
    TypeCatalogue catalogue = watch(10, NEVER);
    MachineType milling = MachineTypeJson.read("milling", "{\"channels\":[{\"name\":\"rpm\"}]}");
    put(catalogue, milling);
    assertThat(catalogue.get().find("milling")).contains(milling);
    assertThat(catalogue.get().find("pump")).isEqualTo(CONFIGURED.find("pump"));
  }

  @Test
  void anotherNodeHearsOfIt() {
    TypeCatalogue here = watch(10, NEVER);
    TypeCatalogue there = watch(10, Duration.ofMillis(50));
    put(here, PRESS);
    TestProbe<Void> probe = kit.createTestProbe();
    probe.awaitAssert(
        () -> {
          assertThat(there.get().find("press")).contains(PRESS);
          return null;
        });
  }

  @Test
  void ofTwoWhoChangeATypeAtOnceOneIsTold() {
    TypeCatalogue here = watch(10, NEVER);
    TypeCatalogue there = watch(10, NEVER);
    put(here, PRESS);
    assertThatThrownBy(() -> put(there, press(7)))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(TypeCatalogue.ChangedMeanwhileException.class);
    assertThat(there.get().find("press")).contains(PRESS);
    assertThat(put(there, press(7))).isEqualTo(press(7));
  }

  @Test
  void thereIsABoundToThem() {
    TypeCatalogue catalogue = watch(CONFIGURED.all().size(), NEVER);
    assertThatThrownBy(() -> put(catalogue, PRESS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("types-max");
  }

  @Test
  void oneThatCannotBeReadLeavesTheOthers() throws Exception {
    put(watch(10, NEVER), PRESS);
    TestDatabase.execute(
        config,
        "insert into machine_types values ('odd', 1, '{\"of\":\"tomorrow\"}', now(), 'anna')");
    assertThat(watch(10, NEVER).get().find("press")).contains(PRESS);
    assertThat(watch(10, NEVER).get().find("odd")).isEmpty();
  }
}
