/**
 * Runs ONNX files in this process through DJL's ONNX Runtime engine; no other package knows either.
 * It leans on nothing of the twin: rows of numbers go in, rows of numbers come out, and what cannot
 * be trusted is refused with a reason.
 */
@NullMarked
package twin.core.inference.onnx;

import org.jspecify.annotations.NullMarked;
