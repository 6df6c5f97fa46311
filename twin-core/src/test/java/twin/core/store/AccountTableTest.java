package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.store.AccountStore.Changed;
import twin.core.store.AccountStore.Exchange;
import twin.core.store.AccountStore.UserChange;

final class AccountTableTest {

  private static final Instant NOW = Instant.parse("2025-11-07T15:00:00Z");
  private static final AccountStore.Lockout LOCKOUT =
      new AccountStore.Lockout(3, Duration.ofSeconds(30), Duration.ofSeconds(100));

  private Database database;
  private AccountTable table;

  @BeforeEach
  void open() {
    database = TestDatabase.open(TestDatabase.create());
    table = new AccountTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static AccountStore.User user(String name, String role, String... sites) {
    return new AccountStore.User(
        name,
        "hash of " + name,
        role,
        new SiteScope(Set.of(sites)),
        false,
        0,
        null,
        NOW,
        "test",
        null);
  }

  private AccountStore.User read(String name) {
    return await(table.user(name)).orElseThrow();
  }

  @Test
  void keepsUsersAndKeys() {
    AccountStore.User eve = user("eve", "operator", "North", "a \"quoted\", site");
    AccountStore.Key key =
        new AccountStore.Key(
            "gate", "abc", "viewer", SiteScope.ALL, NOW.plusSeconds(5), NOW, "eve");
    assertThat(await(table.addUser(eve))).isTrue();
    assertThat(await(table.addUser(user("eve", "viewer")))).isFalse();
    assertThat(await(table.addKey(key))).isTrue();
    assertThat(await(table.addKey(key))).isFalse();
    AccountStore.Accounts accounts = await(table.load(NOW));
    assertThat(accounts.users()).containsExactly(eve);
    assertThat(accounts.keys()).containsExactly(key);
    assertThat(eve.toString()).doesNotContain("hash");
    assertThat(key.toString()).doesNotContain("abc");
    assertThat(await(table.user("Eve"))).isEmpty();
    assertThat(await(table.removeKey("gate"))).isTrue();
    assertThat(await(table.removeKey("gate"))).isFalse();
  }

  @Test
  void manyWhoMakeTheFirstUserMakeOne() {
    List<CompletableFuture<Boolean>> made = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      made.add(table.addFirstUser(user("admin-" + i, "administrator")).toCompletableFuture());
    }
    assertThat(made.stream().filter(CompletableFuture::join)).hasSize(1);
    assertThat(await(table.load(NOW)).users()).hasSize(1);
  }

  @Test
  void allNodesHaveOneSecret() {
    assertThat(await(table.tokenSecret("one"))).isEqualTo("one");
    assertThat(await(table.tokenSecret("two"))).isEqualTo("one");
  }

  @Test
  void changesWhatIsGivenAndEndsWhatWasGivenOut() {
    await(table.addUser(user("admin", "administrator")));
    await(table.addUser(user("eve", "viewer", "North")));
    assertThat(await(table.changeUser("eve", change("operator", null, null))))
        .isEqualTo(Changed.DONE);
    assertThat(read("eve").role()).isEqualTo("operator");
    assertThat(read("eve").sites().names()).containsExactly("North");
    await(table.changeUser("eve", change(null, SiteScope.ALL, true)));
    assertThat(read("eve").sites()).isEqualTo(SiteScope.ALL);
    assertThat(read("eve").disabled()).isTrue();
    assertThat(read("eve").epoch()).isEqualTo(2);
    assertThat(await(table.setPassword("eve", "next"))).isTrue();
    assertThat(read("eve").passwordHash()).isEqualTo("next");
    assertThat(read("eve").epoch()).isEqualTo(3);
    assertThat(await(table.setPassword("nobody", "next"))).isFalse();
    assertThat(await(table.changeUser("nobody", change(null, null, null))))
        .isEqualTo(Changed.NOT_FOUND);
  }

  private static UserChange change(
      @Nullable String role, @Nullable SiteScope sites, @Nullable Boolean disabled) {
    return new UserChange(role, sites, disabled);
  }

  @Test
  void keepsAnAdministrator() {
    await(table.addUser(user("one", "administrator")));
    await(table.addUser(user("two", "administrator")));
    CompletionStage<Changed> one = table.changeUser("one", change(null, null, true));
    CompletionStage<Changed> two = table.changeUser("two", change("viewer", null, null));
    assertThat(List.of(await(one), await(two)))
        .containsExactlyInAnyOrder(Changed.DONE, Changed.LAST_ADMINISTRATOR);
    assertThat(await(table.load(NOW)).users())
        .filteredOn(user -> user.role().equals("administrator") && !user.disabled())
        .hasSize(1);
  }

  @Test
  void locksOutForLongerEachTime() {
    await(table.addUser(user("eve", "viewer")));
    wrong(NOW);
    wrong(NOW);
    assertThat(read("eve").lockedUntil()).isNull();
    wrong(NOW);
    assertThat(read("eve").lockedUntil()).isEqualTo(NOW.plusSeconds(30));
    // During a pause nothing is counted, and no password is right.
    wrong(NOW.plusSeconds(29));
    assertThat(read("eve").lockedUntil()).isEqualTo(NOW.plusSeconds(30));
    assertThat(await(table.noteRightPassword("eve", NOW.plusSeconds(29)))).isFalse();
    wrong(NOW.plusSeconds(30));
    assertThat(read("eve").lockedUntil()).isEqualTo(NOW.plusSeconds(90));
    wrong(NOW.plusSeconds(90));
    assertThat(read("eve").lockedUntil()).isEqualTo(NOW.plusSeconds(190));
    wrong(NOW.plusSeconds(190));
    assertThat(read("eve").lockedUntil()).isEqualTo(NOW.plusSeconds(290));
    assertThat(await(table.noteRightPassword("eve", NOW.plusSeconds(290)))).isTrue();
    assertThat(read("eve").lockedUntil()).isNull();
    assertThat(read("eve").lastLoginAt()).isEqualTo(NOW.plusSeconds(290));
    wrong(NOW.plusSeconds(300));
    assertThat(read("eve").lockedUntil()).isNull();
    await(table.noteWrongPassword("nobody", NOW, LOCKOUT));
    assertThat(await(table.noteRightPassword("nobody", NOW))).isFalse();
  }

  private void wrong(Instant now) {
    await(table.noteWrongPassword("eve", now, LOCKOUT));
  }

  @Test
  void exchangesEachRefreshTokenOnce() {
    await(table.addUser(user("eve", "viewer")));
    AccountStore.RefreshToken first =
        new AccountStore.RefreshToken("a", "session-1", "eve", 0, NOW.plusSeconds(60));
    await(table.addRefreshToken(first));
    assertThat(exchange("a", "b", NOW)).isEqualTo(new Exchange.Exchanged(first));
    assertThat(exchange("a", "c", NOW)).isEqualTo(new Exchange.UsedAgain(first));
    assertThat(exchange("c", "d", NOW)).isEqualTo(new Exchange.Unknown());
    assertThat(exchange("b", "e", NOW.plusSeconds(60))).isEqualTo(new Exchange.Unknown());
    assertThat(exchange("b", "f", NOW)).isInstanceOf(Exchange.Exchanged.class);
  }

  private Exchange exchange(String digest, String next, Instant now) {
    return await(table.exchange(digest, next, NOW.plusSeconds(60), now));
  }

  @Test
  void ofTwoWhoExchangeAtOnceOneIsTooLate() {
    await(table.addUser(user("eve", "viewer")));
    await(
        table.addRefreshToken(
            new AccountStore.RefreshToken("a", "session-1", "eve", 0, NOW.plusSeconds(60))));
    CompletionStage<Exchange> one = table.exchange("a", "b", NOW.plusSeconds(60), NOW);
    CompletionStage<Exchange> two = table.exchange("a", "c", NOW.plusSeconds(60), NOW);
    assertThat(List.of(await(one).getClass(), await(two).getClass()))
        .containsExactlyInAnyOrder(Exchange.Exchanged.class, Exchange.UsedAgain.class);
  }

  @Test
  void anEndedSessionIsKnownUntilItsTokensHaveRunOut() {
    await(table.addUser(user("eve", "viewer")));
    for (String session : List.of("session-1", "session-2")) {
      await(
          table.addRefreshToken(
              new AccountStore.RefreshToken(session, session, "eve", 0, NOW.plusSeconds(60))));
    }
    await(table.endSession("session-1", NOW, NOW.plusSeconds(10)));
    await(table.endSession("session-1", NOW, NOW.plusSeconds(10)));
    assertThat(exchange("session-1", "x", NOW)).isEqualTo(new Exchange.Unknown());
    assertThat(exchange("session-2", "y", NOW)).isInstanceOf(Exchange.Exchanged.class);
    assertThat(await(table.load(NOW.plusSeconds(9))).endedSessions()).containsExactly("session-1");
    assertThat(await(table.load(NOW.plusSeconds(10))).endedSessions()).isEmpty();
  }
}
