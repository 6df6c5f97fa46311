/** Checks of the journal against what was recorded and sealed, as jobs of a node. */
@NullMarked
package twin.http.audit;

import org.jspecify.annotations.NullMarked;
