/**
 * Calls that may be sent again without being done again. Leans on {@code twin.http} and {@code
 * twin.core.store}.
 */
@NullMarked
package twin.http.idempotency;

import org.jspecify.annotations.NullMarked;
