package twin.core.store;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.jdbc.db.SlickExtension;
import org.apache.pekko.persistence.jdbc.db.SlickExtensionImpl;
import slick.jdbc.hikaricp.HikariCPJdbcDataSource;

/** The connections that the journal's plugin opens by itself, beside those of {@link Database}. */
public final class JournalPool {

  private JournalPool() {}

  /** Has them measured there by Hikari's own meters, as the pool {@code journal}. */
  public static void measure(ActorSystem<?> system, MeterRegistry registry) {
    if (SlickExtension.get(system) instanceof SlickExtensionImpl plugin
        && plugin.database(system.settings().config().getConfig("jdbc-journal")).database().source()
            instanceof HikariCPJdbcDataSource source) {
      HikariDataSource pool = source.ds();
      pool.setMetricRegistry(registry);
    }
  }
}
