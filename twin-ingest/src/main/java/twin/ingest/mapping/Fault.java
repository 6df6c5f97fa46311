package twin.ingest.mapping;

/** Why something cannot be a reading: in a word, and in a sentence that says how to mend it. */
record Fault(String code, String reason) {}
