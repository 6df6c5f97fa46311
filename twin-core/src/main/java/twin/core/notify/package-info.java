/**
 * How alerts reach people: routes choose channels, notices become deliveries, and couriers send
 * them until the channel has taken them or they are given up. Leans on {@code alert}, {@code type}
 * and {@code store}.
 */
@NullMarked
package twin.core.notify;

import org.jspecify.annotations.NullMarked;
