package twin.core.machine;

/** Marks what may travel between nodes as CBOR. */
public interface Message {}
