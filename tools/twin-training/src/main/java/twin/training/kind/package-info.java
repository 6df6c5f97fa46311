/**
 * Shows kinds of models side by side. It knows files and figures, and nothing of how either came
 * about.
 */
@NullMarked
package twin.training.kind;

import org.jspecify.annotations.NullMarked;
