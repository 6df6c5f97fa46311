/**
 * What machines have lived through: the events of their journal, and what their twins knew at any
 * moment. It only reads.
 */
@NullMarked
package twin.core.history;

import org.jspecify.annotations.NullMarked;
