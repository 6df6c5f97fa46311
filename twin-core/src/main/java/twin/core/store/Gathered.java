package twin.core.store;

import java.util.List;

/**
 * What becomes of a channel's new notices.
 *
 * @param delivery a new one, or one that is waiting with what it is to be from now on
 * @param isNew whether it is new
 * @param notices those that become a part of it
 */
public record Gathered(Delivery delivery, boolean isNew, List<Notice> notices) {
  public Gathered {
    notices = List.copyOf(notices);
  }

  /** Decides what becomes of new notices. */
  @FunctionalInterface
  public interface Rule {
    /**
     * Decides. Pure, for it may be asked again.
     *
     * @param notices the new ones, the oldest first
     * @param newest of each of their places the newest delivery, if there is one
     */
    List<Gathered> of(List<Notice> notices, List<Delivery> newest);
  }
}
