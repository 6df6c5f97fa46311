/** What was told of alerts to whom, and what came of it. Leans on {@code twin.http}. */
@NullMarked
package twin.http.notification;

import org.jspecify.annotations.NullMarked;
