/**
 * What every part of the HTTP API shares: endpoints as a table, calls, problems, settings and the
 * server. Leans on {@code twin.core}; the packages beneath it lean on this one, and {@code api}
 * joins them.
 */
@NullMarked
package twin.http;

import org.jspecify.annotations.NullMarked;
