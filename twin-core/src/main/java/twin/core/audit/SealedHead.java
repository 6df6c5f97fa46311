package twin.core.audit;

/**
 * A head and the oldest seal that knows it.
 *
 * @param seal the seal
 */
record SealedHead(Seal seal, Head head) {

  /** How it is told. */
  String sealed() {
    return "seal %d of %s".formatted(seal.number(), seal.sealedAt());
  }
}
