/**
 * Opens model bundles and runs their ONNX files in this process, through DJL's ONNX Runtime engine;
 * no other package knows either of the two. It leans on {@code inference} and {@code feature}, and
 * refuses what cannot be trusted with a reason.
 */
@NullMarked
package twin.core.inference.onnx;

import org.jspecify.annotations.NullMarked;
