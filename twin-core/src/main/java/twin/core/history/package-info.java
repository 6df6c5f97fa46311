/**
 * What machines have lived through: the events of their journal, and what their twins knew at any
 * moment; and the summaries that long histories are told from. It changes no machine.
 */
@NullMarked
package twin.core.history;

import org.jspecify.annotations.NullMarked;
