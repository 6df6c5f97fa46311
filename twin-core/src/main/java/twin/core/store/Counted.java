package twin.core.store;

import java.util.List;

/**
 * How often something of a bundle was where.
 *
 * @param machineType whose bundle
 * @param version the bundle's version
 * @param kind what kind of thing was counted
 * @param name which of its kind
 */
public record Counted(String machineType, String version, String kind, String name) {

  /**
   * Counts of a stretch of time.
   *
   * @param slot the stretch, by its number since the epoch
   */
  public record InSlot(Counted what, long slot, List<Long> counts) {
    public InSlot {
      counts = List.copyOf(counts);
    }
  }

  /**
   * Counts of the first window.
   *
   * @param complete whether that window is over
   */
  public record First(Counted what, boolean complete, List<Long> counts) {
    public First {
      counts = List.copyOf(counts);
    }
  }
}
