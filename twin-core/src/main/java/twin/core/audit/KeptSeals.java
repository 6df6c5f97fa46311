package twin.core.audit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Seals that somebody has kept: those of a node in its folder, or an auditor's copies. It tells
 * which of them are genuine and of which the heads are there too. Immutable.
 */
public final class KeptSeals {

  /** Lines one after another; the folder has more of them than fit into memory in the long run. */
  private interface Lines {
    void forEach(EachLine each) throws IOException;
  }

  private interface EachLine {
    void line(long number, String line);
  }

  private final String name;
  private final Lines lines;
  private final Path heads;
  private final Map<String, VerifyingKey> keys;
  private final boolean whole;

  private KeptSeals(
      String name, Lines lines, Path heads, Collection<VerifyingKey> keys, boolean whole) {
    this.name = name;
    this.lines = lines;
    this.heads = heads;
    this.keys = new TreeMap<>();
    keys.forEach(key -> this.keys.put(key.id(), key));
    this.whole = whole;
  }

  /**
   * The seals in a folder as a node keeps it, or in a file of lines such as a consumer of the topic
   * has written; their heads are looked for in the folder {@code heads} beside.
   *
   * @param trusted the only keys that count; empty: those in the folder
   * @throws AuditException when there are none to be read
   */
  public static KeptSeals at(Path fileOrFolder, Collection<VerifyingKey> trusted) {
    boolean isFolder = Files.isDirectory(fileOrFolder);
    Path folder = isFolder ? fileOrFolder : fileOrFolder.resolveSibling("");
    Path file = isFolder ? folder.resolve(SealFolder.SEALS) : fileOrFolder;
    if (!Files.isReadable(file)) {
      throw new AuditException("there are no seals to be read at " + fileOrFolder);
    }
    return new KeptSeals(
        file.toString(),
        each -> read(file, each),
        folder.resolve(SealFolder.HEADS),
        trusted.isEmpty() ? keysIn(folder.resolve(SealFolder.KEYS)) : trusted,
        isFolder);
  }

  /** Seals that somebody has sent, with the heads that the node itself keeps. */
  public static KeptSeals sent(List<String> lines, Path folder, Collection<VerifyingKey> trusted) {
    List<String> copied = List.copyOf(lines);
    return new KeptSeals(
        "the seals that were sent",
        each -> {
          for (int i = 0; i < copied.size(); i++) {
            each.line(i + 1, copied.get(i));
          }
        },
        folder.resolve(SealFolder.HEADS),
        trusted.isEmpty() ? keysIn(folder.resolve(SealFolder.KEYS)) : trusted,
        false);
  }

  /**
   * The seals in the folder that a node keeps; empty before its first.
   *
   * @param trusted the only keys that count; empty: those in the folder
   */
  public static Optional<KeptSeals> in(Path folder, Collection<VerifyingKey> trusted) {
    return Files.isRegularFile(folder.resolve(SealFolder.SEALS))
        ? Optional.of(at(folder, trusted))
        : Optional.empty();
  }

  /**
   * The newest lines of a file or folder of seals, whatever they are.
   *
   * @throws AuditException when it cannot be read
   */
  public static List<String> newest(Path fileOrFolder, int most) {
    Path file =
        Files.isDirectory(fileOrFolder) ? fileOrFolder.resolve(SealFolder.SEALS) : fileOrFolder;
    Deque<String> newest = new ArrayDeque<>();
    try {
      read(
          file,
          (number, line) -> {
            if (newest.size() == most) {
              newest.removeFirst();
            }
            newest.addLast(line);
          });
    } catch (IOException e) {
      throw new AuditException("there are no seals to be read at %s: %s".formatted(file, e), e);
    }
    return List.copyOf(newest);
  }

  private static void read(Path file, EachLine each) throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      long number = 0;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (!line.isBlank()) {
          each.line(number, line);
        }
      }
    }
  }

  private static List<VerifyingKey> keysIn(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".pem"))
          .sorted()
          .map(VerifyingKey::read)
          .toList();
    } catch (IOException e) {
      throw new AuditException("the public keys in " + folder + " cannot be read: " + e, e);
    }
  }

  /**
   * What has been made of the seals.
   *
   * @param seals how many are genuine
   * @param keys who has signed them
   * @param files the heads of genuine seals, the oldest first; only those that are what was sealed
   * @param notes what could not be looked at
   */
  record Checked(long seals, Set<String> keys, Map<Seal, Path> files, List<String> notes) {}

  /** Checks signatures, chains and heads. */
  Checked check(Findings findings) {
    Chains chains = new Chains(findings);
    try {
      lines.forEach(chains::line);
      if (whole) {
        chains.requireEndOfLine(Path.of(name));
        chains.requireSealsOf(headsThere());
      }
      return chains.checked();
    } catch (CharacterCodingException e) {
      findings.aboutSeals(Finding.Kind.FORGED_SEAL, name + " is not text in UTF-8");
      return chains.checked();
    } catch (IOException e) {
      throw new AuditException("%s cannot be read: %s".formatted(name, e), e);
    }
  }

  private Set<String> headsThere() throws IOException {
    try (Stream<Path> files = Files.list(heads)) {
      Set<String> names = new TreeSet<>();
      files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(file -> file.endsWith(".gz"))
          .forEach(names::add);
      return names;
    } catch (NoSuchFileException e) {
      return Set.of();
    }
  }

  /** The chains of seals while they are gone through. */
  private final class Chains {
    private final Findings findings;
    private final Map<String, Seal> newest = new HashMap<>();
    private final Map<String, Long> first = new TreeMap<>();
    private final Map<Seal, Path> files = new LinkedHashMap<>();
    private final Set<String> signers = new TreeSet<>();
    private final Set<String> sealedHeads = new TreeSet<>();
    private final List<String> notes = new ArrayList<>();
    private long genuine;
    private long withoutHeads;

    Chains(Findings findings) {
      this.findings = findings;
    }

    void line(long number, String line) {
      String where = "%s, line %d".formatted(name, number);
      Seal seal;
      try {
        seal = Seal.of(line);
      } catch (IllegalArgumentException e) {
        findings.aboutSeals(
            Finding.Kind.FORGED_SEAL, "%s is no seal: %s".formatted(where, e.getMessage()));
        return;
      }
      VerifyingKey key = keys.get(seal.keyId());
      if (key == null) {
        findings.aboutSeals(
            Finding.Kind.FORGED_SEAL,
            "%s, seal %d: it is signed by key %s, which is not among those that are trusted (%s)"
                .formatted(
                    where,
                    seal.number(),
                    seal.keyId(),
                    keys.isEmpty() ? "none" : String.join(", ", keys.keySet())));
      } else if (!key.hasSigned(seal)) {
        findings.aboutSeals(
            Finding.Kind.FORGED_SEAL,
            "%s, seal %d: key %s has not signed this".formatted(where, seal.number(), key.id()));
      } else {
        signers.add(key.id());
        follow(where, seal);
      }
    }

    private void follow(String where, Seal seal) {
      Seal before = newest.get(seal.log());
      if (seal.equals(before)) {
        // A topic may deliver a record twice.
        return;
      }
      if (before == null) {
        first.put(seal.log(), seal.number());
        if (seal.number() == 1 && !seal.previous().equals(Seal.NONE)) {
          findings.aboutSeals(
              Finding.Kind.BROKEN_SEALS, "%s: the first seal names one before it".formatted(where));
        } else if (seal.number() > 1 && whole) {
          findings.aboutSeals(
              Finding.Kind.BROKEN_SEALS,
              "%s: the seals of log %s begin with number %d: those before it were taken away"
                  .formatted(where, seal.log(), seal.number()));
        }
      } else if (seal.number() != before.number() + 1) {
        findings.aboutSeals(
            Finding.Kind.BROKEN_SEALS,
            "%s: seal %d follows seal %d".formatted(where, seal.number(), before.number()));
      } else if (!seal.previous().equals(before.hash())) {
        findings.aboutSeals(
            Finding.Kind.BROKEN_SEALS,
            "%s: seal %d was made after another seal %d than this one"
                .formatted(where, seal.number(), before.number()));
      }
      newest.put(seal.log(), seal);
      genuine++;
      sealedHeads.add(SealFolder.headsOf(seal));
      heads(seal);
    }

    private void heads(Seal seal) {
      Path file = heads.resolve(SealFolder.headsOf(seal));
      if (!Files.exists(file)) {
        withoutHeads++;
        return;
      }
      MerkleTree tree = new MerkleTree();
      try (HeadsFile.Reader reader = new HeadsFile.Reader(file)) {
        for (Head head = reader.next(); head != null; head = reader.next()) {
          tree.add(head);
        }
      } catch (IOException e) {
        findings.aboutSeals(
            Finding.Kind.WRONG_HEADS,
            "the heads of seal %d, %s, cannot be read: %s"
                .formatted(seal.number(), file, e.getMessage()));
        return;
      }
      if (tree.leaves() == seal.machines() && tree.root().equals(seal.root())) {
        files.put(seal, file);
      } else {
        findings.aboutSeals(
            Finding.Kind.WRONG_HEADS,
            "%s holds other heads than those that seal %d is over".formatted(file, seal.number()));
      }
    }

    void requireEndOfLine(Path file) throws IOException {
      byte[] end = new byte[1];
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r")) {
        if (bytes.length() > 0) {
          bytes.seek(bytes.length() - 1);
          bytes.readFully(end);
        }
      }
      if (end[0] != 0 && end[0] != '\n') {
        findings.aboutSeals(
            Finding.Kind.BROKEN_SEALS, file + " ends in the middle of a line: it was cut");
      }
    }

    /**
     * Seals are written before their heads get their name, so heads without a seal have lost it.
     */
    void requireSealsOf(Set<String> there) {
      for (String each : there) {
        if (!sealedHeads.contains(each)) {
          findings.aboutSeals(
              Finding.Kind.BROKEN_SEALS,
              "there are heads %s, but not the seal that is over them: it was taken away or forged"
                  .formatted(each));
        }
      }
    }

    /**
     * With no heads to compare with, a tail that was cut off would go unnoticed, and to take the
     * heads away would be the easiest way to that.
     */
    private void requireNewestHeads() {
      if (whole) {
        newest.values().stream()
            .filter(seal -> !Files.exists(heads.resolve(SealFolder.headsOf(seal))))
            .forEach(
                seal ->
                    findings.aboutSeals(
                        Finding.Kind.WRONG_HEADS,
                        "the heads of seal %d, the newest of its log, are not in %s: put them back from a copy, for without them a cut tail is not found"
                            .formatted(seal.number(), heads)));
      } else if (genuine > 0 && files.isEmpty()) {
        findings.aboutSeals(
            Finding.Kind.WRONG_HEADS,
            "of none of these %d seals the heads are in %s, so nothing can be compared with them; with --config and a copy of the whole folder it can"
                .formatted(genuine, heads));
      }
    }

    Checked checked() {
      requireNewestHeads();
      if (withoutHeads > 0) {
        notes.add(
            "%d seals are without their heads: their signatures and their chain were checked, and"
                    .formatted(withoutHeads)
                + " nothing was compared with them");
      }
      if (!whole) {
        first.forEach(
            (log, number) -> {
              if (number > 1) {
                notes.add("of log %s the seals begin with number %d".formatted(log, number));
              }
            });
      }
      return new Checked(genuine, signers, files, List.copyOf(notes));
    }
  }
}
