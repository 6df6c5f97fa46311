/**
 * Proves that what is in the journal is what was recorded: it seals the heads of all machines'
 * chains outside the database, and checks chains, snapshots and seals. It leans on {@code machine},
 * {@code archive} and {@code store}, and changes no machine.
 */
@NullMarked
package twin.core.audit;

import org.jspecify.annotations.NullMarked;
