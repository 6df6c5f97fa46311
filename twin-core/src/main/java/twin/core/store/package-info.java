/**
 * The database: schema, journal reading, projections and tables, and the only place that knows SQL.
 * It leans on no other package of the twin, so that every feature can keep its state here.
 */
@NullMarked
package twin.core.store;

import org.jspecify.annotations.NullMarked;
