package twin.http.audit;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import twin.core.audit.AuditProgress;
import twin.core.audit.Verification;

/** Checks the journal of this node's database. */
public interface Audits {

  /**
   * What is to be checked.
   *
   * @param machineId empty: all machines
   * @param seals lines of seals that the caller has kept; empty: those of the node
   * @param publicKey in PEM, the only one that the caller trusts; empty: those that the node keeps
   */
  record Wanted(Optional<String> machineId, List<String> seals, Optional<String> publicKey) {
    public Wanted {
      seals = List.copyOf(seals);
    }
  }

  /**
   * Starts the check; completes with what came out. Fails with an {@link
   * twin.core.audit.AuditException} when seals or keys cannot be read.
   */
  CompletionStage<Verification.Report> verify(Wanted wanted, AuditProgress progress);
}
