/** Tests of how alerts reach people. */
@NullMarked
package twin.core.notify;

import org.jspecify.annotations.NullMarked;
