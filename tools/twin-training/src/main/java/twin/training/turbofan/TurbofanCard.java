package twin.training.turbofan;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import twin.training.kind.KindsTable;
import twin.training.turbofan.RulTraining.Trained;

/** Writes the card that tells people what is in the bundle. */
final class TurbofanCard {

  private TurbofanCard() {}

  static byte[] write(String version, long seed, EngineLives lives, Trained trained) {
    long cycles = lives.lives().stream().mapToLong(life -> life.cycles()).sum();
    StringBuilder card = new StringBuilder();
    card.append(
        """
        # turbofan:%s

        Remaining useful life of turbofan engines in cycles, trained from %,d cycles of %d engines
        that ran until they failed: %s. Seed %d.

        ## What is in it

        `rul.onnx` gives p10, p50 and p90 of the cycles that remain, after every cycle from the second
        on. It is the mean of two kinds of models: gradient-boosted trees over %d features, and
        convolutional networks over these features and the course of %d sensors over the last %d
        cycles (before there are so many, the engine's first cycle stands for those before it). The
        features are trailing means and slopes of each sensor's deviation from what is nominal in the
        engine's present regime, the change of these means from the engine's own early cycles, and
        the number of cycles. Regimes are told by altitude and throttle. No feature looks ahead: the
        engine's own early cycles count from the first on, and no more once they are complete.

        The models learn what remains as 125 cycles where it is more. What an estimate stands for was
        found on engines that the models had not been trained on: p10 and p90 are quantiles of what
        really remained where the model estimated the like, p50 is its mean, with truths above 145
        cycles taken as 145.

        ## Figures

        Cross-validation in %d parts by engine: all cycles of an engine are held out together, the
        bands are found without it too. Each held-out engine is looked at at %d moments drawn at
        random, with at least 20 cycles seen and 6 to 145 cycles to go (to 195 for engines that fly
        in several regimes), as the published test files are. "Capped" takes truth and prediction as
        125 where they are above it. The coverage counts truths under 125. In brackets the interval
        that holds 95 %% of 1,000 resamples of the engines.

        | file | engines | RMSE capped | RMSE | MAE | PHM08 capped, a prediction | coverage of p10 to p90 | width of the band |
        |---|---|---|---|---|---|---|---|
        """
            .formatted(
                version,
                cycles,
                lives.lives().size(),
                TurbofanBundle.DATA,
                seed,
                lives.features().size(),
                lives.course().size(),
                EngineLives.COURSE_READINGS,
                RulTraining.FOLDS,
                RulTraining.CUTS_A_LIFE));
    trained
        .figures()
        .forEach(
            (file, of) ->
                card.append(
                    "| %s | %.0f | %.2f (%.2f–%.2f) | %.2f (%.2f–%.2f) | %.2f | %.2f | %.3f (%.3f–%.3f) | %.1f |\n"
                        .formatted(
                            file,
                            figure(of, "engines"),
                            figure(of, "rmse_capped_125"),
                            figure(of, "rmse_capped_125_from"),
                            figure(of, "rmse_capped_125_to"),
                            figure(of, "rmse"),
                            figure(of, "rmse_from"),
                            figure(of, "rmse_to"),
                            figure(of, "mae"),
                            figure(of, "phm08_capped_125_a_prediction"),
                            figure(of, "coverage_p10_p90"),
                            figure(of, "coverage_p10_p90_from"),
                            figure(of, "coverage_p10_p90_to"),
                            figure(of, "mean_band_width"))));
    card.append(
        """

        ## Kinds of models

        On the same moments, RMSE capped, without bands; microseconds of one run of one row on two
        shared cores. Made by `./twin compare turbofan --data DIRECTORY`.

        """);
    card.append(KindsTable.stored(TurbofanCard.class));
    card.append(
        """

        Published RMSE on the official test engines, truth capped at 125, FD001 / FD002 / FD003 /
        FD004: LSTM (Zheng 2017) 16.1 / 24.5 / 16.2 / 28.2; CNN (Li 2018) 12.6 / 22.4 / 12.6 / 23.3;
        transformer DAST (2022) 11.4 / 15.3 / 11.3 / 18.2; STAR (2024) 10.6 / 13.5 / 10.7 / 15.9. They
        are not the same engines as above; `./twin evaluate turbofan` makes the figures for those.

        These figures are made by the training itself:

        ```
        ./twin train turbofan --data DIRECTORY --out DIR --seed %d --bundle-version %s
        ```

        where DIRECTORY holds `train_FD001.txt` to `train_FD004.txt`.

        ## What to know before using it

        - An engine without wear says nothing of how long it will last. Estimates above some 110
          cycles mean "not soon", and their band is wide; more than 145 cycles are never foretold.
        - The band was found for moments spread as in the published test files. Where engines are
          replaced long before they fail, more of them are sound, and p90 is too low for those.
        - What is nominal in each regime was taken from the early cycles of all training engines, the
          held-out ones included; it stands in the machine type, not in the bundle.
        - An engine that comes to its twin worn has worn early cycles to be compared with, and seems
          younger than it is. After an overhaul, record the maintenance: the count begins anew.
        - Readings outside of the six regimes that the type knows have no deviation and are left out
          of every window.
        - The data is simulated. Another type of engine needs a bundle of its own.
        """
            .formatted(seed, version));
    return card.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static double figure(Map<String, Double> of, String name) {
    return of.getOrDefault(name, Double.NaN);
  }
}
