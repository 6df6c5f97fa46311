/**
 * Whether what bundles are given, and what they answer, is still spread as it was when they were
 * trained or began to decide, and how good the data of each channel is. Leans on {@code inference},
 * {@code machine}, {@code history} and {@code store}.
 */
@NullMarked
package twin.core.drift;

import org.jspecify.annotations.NullMarked;
