/**
 * Benchmarks, each beside the limit that it is to keep: one assessment split into its parts. It
 * leans on the core and on JMH, and nothing leans on it.
 */
@NullMarked
package twin.bench;

import org.jspecify.annotations.NullMarked;
