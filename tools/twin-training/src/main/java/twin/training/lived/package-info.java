/**
 * What the twins of a type have lived through in some time, read from their journals: which reading
 * came before which failure, what features it had, and whether the data is fit to learn from. It
 * leans on the core.
 */
@NullMarked
package twin.training.lived;

import org.jspecify.annotations.NullMarked;
