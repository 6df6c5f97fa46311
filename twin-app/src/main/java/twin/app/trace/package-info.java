/**
 * Following readings with OpenTelemetry: the only place that knows it. Leans on {@code
 * twin.core.trace}.
 */
@NullMarked
package twin.app.trace;

import org.jspecify.annotations.NullMarked;
