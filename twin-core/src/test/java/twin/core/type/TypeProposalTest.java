package twin.core.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import twin.core.type.TypeProposal.ProposedColumn;
import twin.core.type.TypeProposal.Use;

final class TypeProposalTest {

  private static TypeProposal of(String csv) {
    try {
      return TypeProposal.of("press", new StringReader(csv));
    } catch (IOException e) {
      throw new AssertionError("reading from memory failed", e);
    }
  }

  @Test
  void takesEachColumnForWhatItIs() {
    TypeProposal proposal =
        of(
            """
            \uFEFFUDI,Product ID,Type,Air temperature [K],Rotational speed [rpm],oil_bar,note,Machine failure
            1,M14860,M,298.1,1551,,a,0
            2,L47181,L,298.2,1408,142.5,,1
            """);
    assertThat(proposal.readings()).isEqualTo(2);
    assertThat(proposal.columns())
        .extracting(ProposedColumn::name, ProposedColumn::use, ProposedColumn::unit)
        .containsExactly(
            tuple("udi", Use.MACHINE, ""),
            tuple("product_id", Use.MACHINE, ""),
            tuple("type", Use.ATTRIBUTE, ""),
            tuple("air_temperature", Use.CHANNEL, "K"),
            tuple("rotational_speed", Use.CHANNEL, "rpm"),
            tuple("oil_bar", Use.CHANNEL, "bar"),
            tuple("note", Use.ATTRIBUTE, ""),
            tuple("machine_failure", Use.LABEL, ""));
    assertThat(proposal.type().attributes()).containsExactly("type", "note");
    assertThat(proposal.type().channels())
        .extracting(Channel::name, Channel::required)
        .containsExactly(
            tuple("air_temperature", true),
            tuple("rotational_speed", true),
            tuple("oil_bar", false));
  }

  @Test
  void leavesRoomAroundWhatWasSeenButNotBelowZeroWithoutNeed() {
    MachineType type = of("flow;level\n1;-4\n3;-2\n").type();
    assertThat(type.channels())
        .containsExactly(
            new Channel("flow", "", 0, 23, true, 0), new Channel("level", "", -24, 18, true, 0));
  }

  @Test
  void aConstantColumnHasARangeToo() {
    assertThat(of("x\n7\n7\n").type().channels())
        .containsExactly(new Channel("x", "", 0, 77, true, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "datetime;x\n2020-03-09 10:14:33;1\n2020-03-09 10:15:03;2\n2020-03-09 10:15:33;3\n",
        "timestamp\tx\n2020-03-09T10:14:33Z\t1\n2020-03-09T10:15:03Z\t2\n"
      })
  void silenceFollowsHowOftenAMachineSpeaks(String csv) {
    assertThat(of(csv).type().silence()).isEqualTo(Duration.ofMinutes(10));
  }

  @Test
  void aFewBadCellsDoNotMakeAChannelAText() {
    String csv = "x\n" + "1.5\n".repeat(40) + "n/a\n";
    assertThat(of(csv).columns())
        .containsExactly(new ProposedColumn("x", "x", Use.CHANNEL, "", 1.5, 1.5, 0, 1));
    assertThatThrownBy(() -> of("x\n1\nn/a\nn/a\n"))
        .hasMessageContaining("no column holds numbers");
  }

  @Test
  void whatItProposesCanBePut() {
    MachineType type = of("Volume Flow RateRMS,2nd (bar)\n32,1\n31,2\n").type();
    assertThat(type.channels())
        .extracting(Channel::name)
        .containsExactly("volume_flow_rate_rms", "c_2nd");
    assertThat(MachineTypeJson.read("press", MachineTypeJson.write(type))).isEqualTo(type);
    assertThat(type.baselineColumns()).hasSize(2);
  }

  @Test
  void saysWhyAFileIsOfNoUse() {
    assertThatThrownBy(() -> of("")).hasMessage("the file is empty");
    assertThatThrownBy(() -> of("a,A\n1,2\n")).hasMessageContaining("two columns are called a");
    assertThatThrownBy(() -> of("a,b\n")).hasMessageContaining("no column holds numbers");
    assertThatThrownBy(() -> of("x" + ",x".repeat(TypeProposal.MAX_COLUMNS) + "\n"))
        .hasMessageContaining("more than 512");
    assertThatThrownBy(() -> of("x".repeat(300) + "\n1\n")).hasMessageContaining("more than 256");
  }
}
