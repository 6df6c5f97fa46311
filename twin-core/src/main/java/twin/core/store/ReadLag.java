package twin.core.store;

import java.time.Duration;
import java.util.Optional;

/**
 * How far the read side is behind the journal.
 *
 * @param newestAge the age of the newest coarse event that may be read; empty when there is none
 * @param drainedAgo the longest time that a slice of this node has had unread events; empty when no
 *     slice runs here
 * @param openTransactions numbers between the oldest open transaction and the next one: how far the
 *     horizon, below which everything is complete, is held back
 * @param oldestOpenFor how long the oldest writing transaction of the server has been open
 */
public record ReadLag(
    Optional<Duration> newestAge,
    Optional<Duration> drainedAgo,
    long openTransactions,
    Duration oldestOpenFor) {}
